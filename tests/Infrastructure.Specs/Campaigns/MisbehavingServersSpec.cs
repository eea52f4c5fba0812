using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Infrastructure.Specs.Mail;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>
/// Every step of the talk with a mail server, and everything that a server may do there instead of answering: a mail is
/// handed over three times at most, its recipient ends in a state that says so, and a server that takes nothing costs
/// no try.
/// </summary>
[TestFixture]
public sealed class MisbehavingServersSpec
{
    private const string Victim = "person1@example.org";

    // Only what a spec waits for is short: on a busy machine a server that behaves well is slow, too.
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(100);
    private static readonly SmtpLimits Patient = SmtpLimits.Default with { Goodbye = TimeSpan.FromMilliseconds(50) };

    // Before these no mail is promised to a connection, so a server that fails there has cost no try.
    private static readonly string[] BeforeMail = Scale.Of(ci: 2, "EHLO", "TLS", "GREETING", "STARTTLS");
    private static readonly string[] BeforeContent = Scale.Of(ci: 1, "RCPT", "MAIL", "DATA");

    private MisbehavingServer _server = null!;
    private TestMailing _mailing = null!;
    private TestService _impatient = null!;
    private MailCircuit _circuit = null!;

    [OneTimeSetUp]
    public async Task Prepare()
    {
        _server = new MisbehavingServer();
        _circuit = new MailCircuit(TimeProvider.System, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(20));
        _mailing = await Crowd(1, Patient);
        _impatient = await Node(Provider(Patient with { Command = Short, End = Short }));
    }

    [SetUp]
    public void Begin()
    {
        _server.Reset();
        _circuit.Succeeded();
    }

    [OneTimeTearDown]
    public async Task End()
    {
        await _impatient.DisposeAsync();
        await _mailing.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Test]
    public async Task A_server_that_fails_before_a_mail_is_offered_costs_no_try_and_the_mail_goes_out_when_it_is_back(
        [ValueSource(nameof(BeforeMail))] string step,
        [Values] Misbehaviour misbehaviour
    )
    {
        await using var own = step is "STARTTLS" or "TLS" ? await Node(Provider(Patient, startTls: true)) : null;
        _server.Behave(step, misbehaviour);
        var campaign = await _mailing.Start();
        await using var node = _mailing.Node(own);
        await Until(() => _server.Connections >= MailCircuit.MostFailures && _circuit.Trouble is not null);

        _circuit.Trouble!.Value.Trouble.ShouldBe(MailTrouble.Unreachable);
        (await Ledger(campaign)).ShouldBe("queued false");
        (
            await _mailing.Service.Scalar<long>(
                $"select count(*) from sending.deferred where campaign_id = {campaign} and attempts + doubts > 0"
            )
        ).ShouldBe(0);
        (await _mailing.Progress(campaign)).ShouldSatisfyAllConditions(
            progress => progress.Status.ShouldBe("sending"),
            progress => progress.InFlight.ShouldBe(0)
        );
        _server.HandedOver.ShouldBeEmpty();
        if (own is not null)
        {
            await _mailing.Service.Send(_mailing.Organization, new CancelCampaign(campaign));
            return;
        }

        _server.Behave(step: null);
        await _mailing.WaitFor(campaign, progress => progress.Status == "sent");
        _server.HandedOver.ShouldBe([Victim]);
        _circuit.Trouble.ShouldBeNull();
    }

    [Test]
    public async Task A_server_that_fails_before_the_content_is_tried_nine_times_and_gets_no_mail(
        [ValueSource(nameof(BeforeContent))] string step,
        [Values] Misbehaviour misbehaviour
    )
    {
        _server.Behave(step, misbehaviour);
        var campaign = await _mailing.Start();
        await using var node = _mailing.Node(_impatient);
        var done = await Finish(campaign);

        (done.Sent, done.Failed).ShouldBe((0, 1));
        _server.HandedOver.ShouldBeEmpty();
        (await Ledger(campaign)).ShouldBe("failed false");
    }

    [Test]
    public async Task A_server_that_takes_a_mail_and_does_not_answer_gets_it_three_times(
        [Values(
            Misbehaviour.Silence,
            Misbehaviour.HangUp,
            Misbehaviour.Drip,
            Misbehaviour.EndlessLines,
            Misbehaviour.Nonsense
        )]
            Misbehaviour misbehaviour
    )
    {
        _server.Behave(".", misbehaviour);
        var campaign = await _mailing.Start();
        await using var node = _mailing.Node(_impatient);
        var done = await Finish(campaign);

        (done.Sent, done.Failed).ShouldBe((0, 1));
        _server.HandedOver.Count.ShouldBe(3);
        (await Ledger(campaign)).ShouldBe("failed true");
        (await Error(campaign)).ShouldContain("whether it was taken is unknown");
        // Named for a person to look at, too.
        var listed = await _mailing.Service.Send(
            _mailing.Organization,
            new ListDeliveries(campaign, Status: "failed", InDoubt: true)
        );
        listed.Items.ShouldHaveSingleItem().Email.ShouldBe(Victim);
    }

    [Test]
    public async Task A_server_that_closes_instead_of_taking_a_mail_has_not_taken_it()
    {
        _server.Behave(".", Misbehaviour.Closing);
        var campaign = await _mailing.Start();
        await using var node = _mailing.Node();
        (await Finish(campaign)).Failed.ShouldBe(1);

        // It said each time that it did not take it.
        _server.HandedOver.Count.ShouldBe(9);
        (await Ledger(campaign)).ShouldBe("failed false");
    }

    [Test]
    public async Task A_server_that_misbehaves_when_left_keeps_nobody([Values] Misbehaviour misbehaviour)
    {
        _server.Behave("QUIT", misbehaviour);
        var campaign = await _mailing.Start();
        await using (_mailing.Node())
            await _mailing.WaitFor(campaign, progress => progress.Status == "sent");

        _server.HandedOver.ShouldBe([Victim]);
    }

    [Test]
    public async Task A_server_that_closes_after_each_mail_costs_no_tries()
    {
        await using var crowd = await Crowd(41, Patient);
        _server.ClosesAfterEach = true;
        var campaign = await crowd.Start();
        await using (crowd.Node())
            await crowd.WaitFor(campaign, progress => progress.Status == "sent");

        _server.ClosesAfterEach = false;
        _server.HandedOver.Count.ShouldBe(41);
        _server.HandedOver.ShouldBeUnique();
        _circuit.Trouble.ShouldBeNull();
    }

    [Test]
    public async Task Silence_for_one_recipient_keeps_no_other_waiting([Values("RCPT", "DATA", ".")] string step)
    {
        var limit = TimeSpan.FromSeconds(3);
        await using var crowd = await Crowd(61, Patient with { Command = limit, End = limit });
        _server.Behave(step, Misbehaviour.Silence, only: Victim);
        var campaign = await crowd.Start();
        await using var node = crowd.Node();
        var progress = await crowd.WaitFor(campaign, now => now.Sent == 60);

        // Its second try is a minute away.
        progress.Failed.ShouldBe(0);
        _server.HandedOver.Where(to => to != Victim).ShouldBeUnique();
        _server.HandedOver.Count(to => to != Victim).ShouldBe(60);
        _server.HandedOver.Count(to => to == Victim).ShouldBeLessThanOrEqualTo(1);
    }

    /// <summary>Lets every wait be over at once, until the campaign is.</summary>
    private async Task<CampaignProgress> Finish(int campaign)
    {
        while (true)
        {
            await _mailing.Service.Execute("update sending.deferred set due_at = now() where due_at > now()");
            var progress = await _mailing.Progress(campaign);
            if (progress.Status == "sent")
                return progress;

            await Task.Delay(20);
        }
    }

    /// <summary>An organization with recipients who are mailed through the server.</summary>
    private async Task<TestMailing> Crowd(int people, SmtpLimits limits)
    {
        var crowd = await TestMailing.Create(
            sink: new MailSink(keeps: false),
            customize: services => services.AddSingleton<IMailProvider>(Provider(limits))
        );
        await crowd.AddContacts(people);
        return crowd;
    }

    private GuardedProvider Provider(SmtpLimits limits, bool startTls = false) =>
        new(
            new SmtpProvider(
                new MailOptions
                {
                    Host = "127.0.0.1",
                    Port = _server.Port,
                    StartTls = startTls,
                    Connections = 2,
                },
                TimeProvider.System,
                limits
            ),
            _circuit,
            TimeProvider.System,
            firstPause: TimeSpan.FromMilliseconds(1),
            longestTry: 2 * Short
        );

    private Task<string> Ledger(int campaign) =>
        _mailing.Service.Scalar<string>(
            $"select l.status || ' ' || l.in_doubt from backstage.email_logs l where l.campaign_id = {campaign}"
        );

    private Task<string> Error(int campaign) =>
        _mailing.Service.Scalar<string>(
            $"select l.error_message from backstage.email_logs l where l.campaign_id = {campaign}"
        );

    /// <summary>Another node of the installation.</summary>
    private Task<TestService> Node(IMailProvider provider) =>
        TestService.Start(
            _mailing.Service.ConnectionString,
            _mailing.Service.Installation.Keys.Directory,
            services =>
            {
                TestMailing.AddSending(services, _server.Port, connections: 2);
                services.AddSingleton(provider);
            }
        );

    private static async Task Until(Func<bool> condition)
    {
        while (!condition())
            await Task.Delay(20);
    }
}
