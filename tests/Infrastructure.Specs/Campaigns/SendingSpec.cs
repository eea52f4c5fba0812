using Npgsql;
using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>A campaign goes to everybody who agreed, once, and to nobody who did not.</summary>
[TestFixture]
public sealed class SendingSpec
{
    private TestMailing _mailing = null!;

    [SetUp]
    public async Task Prepare() => _mailing = await TestMailing.Create();

    [TearDown]
    public async Task End() => await _mailing.DisposeAsync();

    [Test]
    public async Task Everybody_with_a_consent_gets_one_mail_and_the_ledger_says_which_consent_allowed_it()
    {
        await _mailing.AddContacts(40);
        await Withdraw("person7@example.org");
        await _mailing.Service.Send(_mailing.Organization, new AddContact("silent@example.org", null, null, null));
        var campaign = await _mailing.Start();
        await using (_mailing.Node())
            await _mailing.WaitFor(campaign, progress => progress.Status == "sent");

        var recipients = _mailing.Sink.Taken.Select(mail => mail.To).ToList();
        recipients.Count.ShouldBe(39);
        recipients.ShouldBeUnique();
        recipients.ShouldNotContain("person7@example.org");
        recipients.ShouldNotContain("silent@example.org");
        (
            await _mailing.Service.Scalar<long>(
                """
                select count(*)
                from backstage.email_logs l
                join backstage.consent_history h on h.id = l.consent_event and h.contact_id = l.contact_id
                where l.status = 'sent' and h.action = 'subscribe' and l.sent_at is not null
                    and l.subject = 'Hello Person ' || substring(l.recipient_email from '\d+')
                """
            )
        ).ShouldBe(39);
        var found = await _mailing.Service.Send(_mailing.Organization, new GetCampaign(campaign));
        (found.Campaign.Recipients, found.Campaign.Sent).ShouldBe((39, 39));
        found.Campaign.SentAt.ShouldNotBeNull();
    }

    [Test]
    public async Task Who_withdraws_after_the_recipients_were_frozen_gets_nothing()
    {
        // The first mail is held at the server's door until somebody else has left.
        var (held, left) = (new TaskCompletionSource<string>(), new TaskCompletionSource());
        await using var other = await TestMailing.Create(connections: 1);
        other.Sink.Answer = async to =>
        {
            held.TrySetResult(to);
            await left.Task;
            return null;
        };
        await other.AddContacts(3);
        var campaign = await other.Start();
        await using var node = other.Node();
        // Whichever is the first: nobody promises an order.
        string[] all = ["person1@example.org", "person2@example.org", "person3@example.org"];
        var first = await held.Task;
        var gone = all.Last(address => address != first);
        await Withdraw(gone, other);
        left.SetResult();
        var done = await other.WaitFor(campaign, progress => progress.Status == "sent");

        (done.Sent, done.Withheld).ShouldBe((2, 1));
        other.Sink.Taken.Select(mail => mail.To).ShouldBe(all.Except([gone]), ignoreOrder: true);
    }

    [Test]
    public async Task A_filter_chooses_among_them_and_a_campaign_that_reaches_nobody_does_not_begin()
    {
        await _mailing.AddContacts(10);
        var campaign = await _mailing.Start("""{"city":"Bern"}""");
        var nobody = await _mailing.Draft(filter: """{"city":"Chur"}""");
        (
            await Should.ThrowAsync<RuleBrokenException>(() =>
                _mailing.Service.Send(_mailing.Organization, new StartCampaign(nobody))
            )
        ).Code.ShouldBe("campaign.no_recipients");
        await using (_mailing.Node())
            await _mailing.WaitFor(campaign, progress => progress.Status == "sent");

        _mailing.Sink.Taken.Count.ShouldBe(5);
    }

    [Test]
    public async Task Two_nodes_send_one_campaign_together_and_nobody_gets_it_twice()
    {
        await _mailing.AddContacts(3_000);
        await using var second = await TestService.Start(
            _mailing.Service.ConnectionString,
            _mailing.Service.Installation.Keys.Directory,
            services => TestMailing.AddSending(services, _mailing.Sink.Port, connections: 4)
        );
        var campaign = await _mailing.Start();
        await using (_mailing.Node())
        await using (_mailing.Node(second))
        {
            await _mailing.WaitFor(campaign, progress => progress.Sent > 0);
            (await Nodes()).ShouldBe(2);
            await _mailing.WaitFor(campaign, progress => progress.Status == "sent");
        }

        _mailing.Sink.Taken.Count.ShouldBe(3_000);
        _mailing.Sink.Taken.Select(mail => mail.To).ShouldBeUnique();
        (await _mailing.Progress(campaign)).Sent.ShouldBe(3_000);
        (await Nodes()).ShouldBe(0);
    }

    [Test]
    public async Task Pausing_takes_effect_at_once_resuming_goes_on_and_cancelling_ends_it()
    {
        await _mailing.AddContacts(2_000);
        _mailing.Sink.Slowness = TimeSpan.FromMilliseconds(10);
        var campaign = await _mailing.Start();
        await using var node = _mailing.Node();
        await _mailing.WaitFor(campaign, progress => progress.Sent >= 20);
        await _mailing.Service.Send(_mailing.Organization, new PauseCampaign(campaign));
        await _mailing.WaitFor(campaign, progress => progress is { Status: "paused", InFlight: 0 });
        var paused = _mailing.Sink.Count;
        paused.ShouldBeLessThan(2_000);

        await _mailing.Service.Send(_mailing.Organization, new ResumeCampaign(campaign));
        await _mailing.WaitFor(campaign, progress => progress.Sent >= paused + 20);
        await _mailing.Service.Send(_mailing.Organization, new CancelCampaign(campaign));
        await _mailing.WaitFor(campaign, progress => progress is { Status: "cancelled", InFlight: 0 });
        await Until(() => Count("not is_over", "sending.runs"), 0);

        _mailing.Sink.Taken.Select(mail => mail.To).ShouldBeUnique();
        var sent = await Count("status = 'sent'");
        sent.ShouldBe(_mailing.Sink.Count);
        (await Count("status = 'cancelled'")).ShouldBe(2_000 - sent);
        (await _mailing.Progress(campaign)).Sent.ShouldBe((int)sent);
    }

    [Test]
    public async Task The_quota_holds_exactly_with_two_nodes_and_the_campaign_goes_on_when_it_is_raised()
    {
        await _mailing.AddContacts(300);
        await _mailing.LimitSending(100);
        await using var second = await TestService.Start(
            _mailing.Service.ConnectionString,
            _mailing.Service.Installation.Keys.Directory,
            services => TestMailing.AddSending(services, _mailing.Sink.Port, connections: 4)
        );
        var campaign = await _mailing.Start();
        await using var one = _mailing.Node();
        await using var two = _mailing.Node(second);
        await Until(() => Count("waits_until is not null", "sending.runs"), 1);
        await _mailing.WaitFor(campaign, progress => progress is { InFlight: 0, Sent: 100 });
        (await _mailing.Service.Scalar<int>("select emails_sent_today from backstage.quota_tracking")).ShouldBe(100);
        _mailing.Sink.Count.ShouldBe(100);

        await _mailing.LimitSending(1_000);
        await _mailing.Service.Execute("update sending.runs set waits_until = null");
        await _mailing.WaitFor(campaign, progress => progress.Status == "sent");
        (await _mailing.Service.Scalar<int>("select emails_sent_today from backstage.quota_tracking")).ShouldBe(300);
        _mailing.Sink.Taken.Select(mail => mail.To).ShouldBeUnique();
    }

    [Test]
    public async Task What_is_refused_for_now_waits_and_for_good_is_recorded_and_barred()
    {
        await _mailing.AddContacts(6);
        _mailing.Sink.Answer = to =>
            Task.FromResult(
                to switch
                {
                    "person1@example.org" => "451 4.3.0 Not now",
                    "person2@example.org" => "550 5.1.1 No such user",
                    "person3@example.org" => "554 5.7.1 We do not like you",
                    _ => null,
                }
            );
        var campaign = await _mailing.Start();
        await using var node = _mailing.Node();
        await _mailing.WaitFor(campaign, progress => progress is { Sent: 3, Failed: 2, Deferred: 1, InFlight: 0 });
        (await Count("status = 'failed' and error_message like '%5.7.1%'")).ShouldBe(1);
        (await Count("status = 'queued' and error_message like '%4.3.0%'")).ShouldBe(1);
        (
            await _mailing.Service.Send(_mailing.Organization, new LookUpContact("person2@example.org"))
        ).Contact.Subscribed.ShouldBeFalse();
        (
            await _mailing.Service.Send(_mailing.Organization, new LookUpContact("person3@example.org"))
        ).Contact.Subscribed.ShouldBeTrue();

        _mailing.Sink.Answer = null;
        await _mailing.Service.Execute("update sending.deferred set due_at = now()");
        var done = await _mailing.WaitFor(campaign, progress => progress.Status == "sent");
        (done.Sent, done.Failed).ShouldBe((4, 2));
    }

    [Test]
    public async Task Silence_after_the_last_byte_leaves_it_in_doubt_and_it_goes_out_again_under_the_same_name()
    {
        await _mailing.AddContacts(1);
        var first = true;
        _mailing.Sink.AfterTaking = _ => Task.FromResult(!Interlocked.Exchange(ref first, false));
        var campaign = await _mailing.Start();
        await using var node = _mailing.Node();
        await _mailing.WaitFor(campaign, progress => progress is { Deferred: 1, InFlight: 0 });
        (await Count("status = 'queued' and in_doubt")).ShouldBe(1);
        await _mailing.Service.Execute("update sending.deferred set due_at = now()");
        await _mailing.WaitFor(campaign, progress => progress.Status == "sent");

        (await Count("status = 'sent' and in_doubt")).ShouldBe(1);
        _mailing.Sink.Taken.Count.ShouldBe(2);
        _mailing.Sink.Taken.Select(mail => mail.MessageId).Distinct().Count().ShouldBe(1);
    }

    [Test]
    public async Task A_database_that_goes_away_in_between_costs_nothing_but_time()
    {
        await _mailing.AddContacts(1_000);
        var campaign = await _mailing.Start();
        await using var node = _mailing.Node();
        for (var round = 0; round < 5; round++)
        {
            var before = _mailing.Sink.Count;
            await Until(() => Task.FromResult(_mailing.Sink.Count > before ? 1L : 0), 1);
            await _mailing.Service.Execute(
                """
                select pg_terminate_backend(a.pid) from pg_stat_activity a
                where a.datname = current_database() and a.usename like 'schemahub_writer%'
                """
            );
        }

        NpgsqlConnection.ClearAllPools();
        await _mailing.WaitFor(campaign, progress => progress.Status == "sent");
        var twice = _mailing.Sink.Taken.GroupBy(mail => mail.To).Where(mails => mails.Count() > 1).Select(m => m.Key);
        foreach (var to in twice)
            (await Count($"recipient_email = '{to}' and in_doubt")).ShouldBe(1);

        (await Count("status = 'sent'")).ShouldBe(1_000);
    }

    private async Task Withdraw(string email, TestMailing? of = null)
    {
        of ??= _mailing;
        var contact = await of.Service.Send(of.Organization, new LookUpContact(email));
        await of.Service.Send(of.Organization, new WithdrawConsent(contact.Contact.Id, Purposes.Newsletter));
    }

    private Task<long> Count(string condition, string table = "backstage.email_logs") =>
        _mailing.Service.Scalar<long>($"select count(*) from {table} where {condition}");

    private Task<long> Nodes() =>
        _mailing.Service.Scalar<long>(
            """
            select count(*) from pg_locks l
            where l.locktype = 'advisory' and l.classid = 1397050948 and l.granted
                and l.database = (select d.oid from pg_database d where d.datname = current_database())
            """
        );

    private static async Task Until(Func<Task<long>> count, long expected)
    {
        while (await count() != expected)
            await Task.Delay(20);
    }
}
