using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application;
using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Compliance;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Campaigns;
using SchemaHub.Domain.Contacts;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>What was told of a mail, whoever told it, against a real database.</summary>
public sealed class DeliveriesSpec
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly Alarm _alarm = new();
    private TestService? _service;
    private Guid _organization;

    private TestService Service => _service ?? throw new InvalidOperationException("The service has not started.");

    [SetUp]
    public async Task Start()
    {
        _alarm.Raised.Clear();
        _service = await TestService.Create(services => services.AddSingleton<IComplaintAlarm>(_alarm));
        _organization = await Service.CreateOrganization("acme");
    }

    [TearDown]
    public async Task Stop()
    {
        if (_service is not null)
            await _service.DisposeAsync();
    }

    [Test]
    public async Task A_mail_that_does_not_exist_changes_nothing() =>
        (await Tell(4_711, Delivery.HardBounce)).ShouldBe(DeliveryRecorded.NoSuchMail);

    [Test]
    public async Task After_a_crash_between_suppression_and_ledger_both_are_done_and_neither_twice()
    {
        var campaign = await Campaign();
        var mail = await campaign.Send("ann@example.com");
        await campaign.Ask(new SuppressContact(mail.Contact, "hard_bounce"));

        (await Tell(mail.Id, Delivery.HardBounce)).ShouldBe(DeliveryRecorded.Recorded);

        (await campaign.Ledger(mail.Id)).ShouldBe("bounced");
        (await campaign.Suppressions(mail.Contact)).ShouldBe("hard_bounce");
    }

    [Test]
    public async Task Told_again_after_the_person_confirmed_anew_it_does_not_bar_them_again()
    {
        var campaign = await Campaign();
        var mail = await campaign.Send("ann@example.com");
        await Tell(mail.Id, Delivery.Complained);
        await ConfirmAnew("ann@example.com");

        (await Tell(mail.Id, Delivery.Complained)).ShouldBe(DeliveryRecorded.KnownAlready);

        (await campaign.Suppressions(mail.Contact)).ShouldBe("complaint");
        // What is new does.
        (await Tell(mail.Id, Delivery.Complained, "another")).ShouldBe(DeliveryRecorded.Recorded);
        (await campaign.Suppressions(mail.Contact)).ShouldBe("complaint complaint");
        (await campaign.Happened(mail.Id)).Count.ShouldBe(2);
    }

    [Test]
    public async Task A_complaint_of_an_erased_person_bars_the_address_and_leaves_no_data()
    {
        var campaign = await Campaign();
        var mail = await campaign.Send("ann@example.com");
        await campaign.Ask(new EraseContact(mail.Contact));

        (await Tell(mail.Id, Delivery.Complained)).ShouldBe(DeliveryRecorded.Recorded);

        (await campaign.Suppressions(mail.Contact)).ShouldEndWith("complaint");
        (
            await Service.Scalar<string>(
                $"""
                select h.metadata::text from backstage.consent_history h
                where h.contact_id = {mail.Contact} order by h.id desc limit 1
                """
            )
        ).ShouldNotContain("told_by");
    }

    [Test]
    public async Task Whoever_is_erased_stays_in_the_ledger_without_a_name()
    {
        var campaign = await Campaign();
        var mail = await campaign.Send("ann@example.com");
        var other = await campaign.Send("bob@example.com");
        await Service.Execute("update backstage.email_logs set subject = 'Hello ' || recipient_email");
        await Service.Execute(
            """
            insert into backstage.email_events (email_log_id, event_type, metadata, organization_id)
            select l.id, 'clicked', '{"link":"https://a.example/?who=them","machine":false}', l.organization_id
            from backstage.email_logs l
            """
        );

        await campaign.Ask(new EraseContact(mail.Contact));

        (await Addressee(mail.Id)).ShouldBe($"erased+{mail.Contact}@erased.invalid no subject");
        (await campaign.Happened(mail.Id)).ShouldBe(["""clicked {"machine": false}"""]);
        (await Addressee(other.Id)).ShouldBe("bob@example.com Hello bob@example.com");
        (await campaign.Happened(other.Id)).ShouldHaveSingleItem().ShouldContain("who=them");

        Task<string> Addressee(int id) =>
            Service.Scalar<string>(
                $"""
                select l.recipient_email || ' ' || coalesce(l.subject, 'no subject')
                from backstage.email_logs l where l.id = {id}
                """
            );
    }

    [Test]
    public async Task A_time_in_the_future_counts_as_now()
    {
        var campaign = await Campaign();
        var mail = await campaign.Send("ann@example.com");

        await Tell(mail.Id, Delivery.Complained, at: new DateTimeOffset(2999, 1, 1, 0, 0, 0, TimeSpan.Zero));

        (
            await Service.Scalar<bool>(
                $"""
                select e.timestamp <= now() at time zone 'utc'
                from backstage.email_events e where e.email_log_id = {mail.Id}
                """
            )
        ).ShouldBeTrue();
    }

    [Test]
    public async Task What_a_server_says_is_kept_on_one_line_cut_and_without_addresses()
    {
        var campaign = await Campaign();
        var mail = await campaign.Send("ann@example.com");

        await Service.Send(
            Guid.Empty,
            new RecordDelivery(
                mail.Id,
                Delivery.SoftBounce,
                "spec:1",
                Noon,
                "4.2.2",
                $"452 4.2.2\r\n\0<ann@example.com>,bob@example.org: full\ud800 {new string('x', 5_000)}"
            )
        );

        var said = await campaign.Ledger(mail.Id);
        said.ShouldStartWith("bounced 452 4.2.2 <(address)>,(address): full\ufffd xxx");
        said.Length.ShouldBeLessThanOrEqualTo("bounced ".Length + 500);
    }

    [TestCase("delivered")]
    [TestCase("sent")]
    public async Task Too_many_complaints_warn_once_and_then_pause(string status)
    {
        var campaign = await Campaign();
        var mails = await campaign.SendMany(1_000, status);

        await Tell(mails[0], Delivery.Complained);
        _alarm.Raised.ShouldHaveSingleItem().ShouldBe((campaign.Id, ComplaintVerdict.Warns));
        await Tell(mails[1], Delivery.Complained);
        _alarm.Raised.Count.ShouldBe(1);
        (await campaign.State()).Status.ShouldBe(CampaignStatus.Sending);

        await Tell(mails[2], Delivery.Complained);
        _alarm.Raised[^1].ShouldBe((campaign.Id, ComplaintVerdict.Pauses));
        var paused = await campaign.State();
        paused.Status.ShouldBe(CampaignStatus.Paused);
        paused.Reason.ShouldBe("complaints");
        (
            await Service.Scalar<string>(
                "select headers::text from events.mt_events where type = 'campaign_paused' order by seq_id desc limit 1"
            )
        ).ShouldContain("system");

        await Tell(mails[3], Delivery.Complained);
        _alarm.Raised.Count.ShouldBe(2);
    }

    [TestCase(1_000, 0, 3, "0.00300")]
    [TestCase(2_000, 1_500, 3, "0.00200")]
    [TestCase(2_000, 999, 3, "")]
    [TestCase(0, 0, 0, "")]
    public async Task The_rate_is_shown_as_last_counted(int sent, int delivered, int complained, string rate)
    {
        var campaign = await Campaign();
        await Service.Execute(
            $"""
            insert into backstage.campaign_totals
                (campaign_id, organization_id, sent, delivered, complained, refreshed_at)
            values ({campaign.Id}, '{_organization}', {sent}, {delivered}, {complained}, now())
            """
        );

        (
            await Service.Scalar<string>(
                $"""
                select coalesce(s.complaint_rate::text, '')
                from backstage.campaign_stats s where s.campaign_id = {campaign.Id}
                """
            )
        ).ShouldBe(rate);
        var shown = (await Service.Send(_organization, new GetCampaign(campaign.Id))).Campaign;
        shown.ComplaintRate.ShouldBe(rate.Length == 0 ? null : double.Parse(rate, CultureInfo.InvariantCulture));
        (await Service.Send(_organization, new ListCampaigns())).Items.ShouldHaveSingleItem().ShouldBe(shown);
    }

    [Test]
    public async Task One_mail_that_is_complained_of_again_and_again_counts_once()
    {
        var campaign = await Campaign();
        var mails = await campaign.SendMany(1_000, "delivered");
        foreach (var number in Enumerable.Range(0, 5))
            await Tell(mails[0], Delivery.Complained, $"spec:{number}");

        (await campaign.State()).Status.ShouldBe(CampaignStatus.Sending);
    }

    [Test]
    public async Task Below_a_thousand_mails_nothing_follows_until_there_are_more()
    {
        var campaign = await Campaign();
        var mails = await campaign.SendMany(999, "delivered");
        foreach (var mail in mails.Take(20))
            await Tell(mail, Delivery.Complained);

        _alarm.Raised.ShouldBeEmpty();
        (await campaign.State()).Status.ShouldBe(CampaignStatus.Sending);

        await campaign.SendMany(1, "delivered");
        var verdict = await Service.Send(_organization, new WatchComplaints(campaign.Id));
        verdict.ShouldBe(ComplaintVerdict.Pauses);
        (await campaign.State()).Status.ShouldBe(CampaignStatus.Paused);
    }

    private Task<TestCampaign> Campaign() => TestCampaign.Start(Service.Services, _organization);

    /// <summary>As their own confirmed opt-in does.</summary>
    private async Task ConfirmAnew(string email)
    {
        await using var scope = Service.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<ScopeCaller>().Set(RunAs.OperatorContext($"{_organization}"));
        var ids = scope.ServiceProvider.GetRequiredService<IKeyedIds>();
        var consent = new Consent(Purposes.Newsletter, LegalBases.Consent, ConsentMethods.DoubleOptIn);
        await scope
            .ServiceProvider.GetRequiredService<IEventLog>()
            .Change<Contact, ContactEvent>(
                ids.OfContact($"{_organization}", EmailAddress.Parse(email)),
                contact =>
                {
                    contact.SuppressedFor.ShouldBe("complaint");
                    return [new ConsentGiven(consent, Sources.Form, null, Renewed: false, Raised: true, null, null)];
                },
                CancellationToken.None
            );
    }

    private Task<DeliveryRecorded> Tell(
        int mail,
        Delivery delivery,
        string eventId = "spec:0",
        DateTimeOffset? at = null
    ) => Service.Send(Guid.Empty, new RecordDelivery(mail, delivery, eventId, at ?? Noon));

    private sealed class Alarm : IComplaintAlarm
    {
        public List<(int Campaign, ComplaintVerdict Verdict)> Raised { get; } = [];

        public void Raise(int campaign, ComplaintRate rate) => Raised.Add((campaign, rate.Verdict));
    }
}
