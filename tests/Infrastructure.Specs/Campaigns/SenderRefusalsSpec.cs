using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Infrastructure.Specs.Mail;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>Refusals that are about us bar nobody; they are counted by campaign, by reason, and in a metric.</summary>
public sealed class SenderRefusalsSpec
{
    private const string Blocked =
        "550 5.1.1 Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.example";

    [Test]
    public async Task A_campaign_that_is_refused_because_of_us_says_why_and_loses_nobody()
    {
        await using var server = new TalkingServer(step => step == "RCPT" ? Blocked : null);
        await using var mailing = await TestMailing.Create(customize: services =>
            services.AddSingleton<IMailProvider>(
                new SmtpProvider(
                    new MailOptions
                    {
                        Host = "127.0.0.1",
                        Port = server.Port,
                        StartTls = false,
                        Connections = 1,
                    },
                    TimeProvider.System
                )
            )
        );
        await mailing.AddContacts(3);
        var counted = new Counted();
        var campaign = await mailing.Start();
        await using (mailing.Node())
            await mailing.WaitFor(campaign, progress => progress.Failed == 3);

        (
            await mailing.Service.Scalar<long>(
                "select count(*) from backstage.consent_history h where h.action = 'unsubscribe'"
            )
        ).ShouldBe(0);
        var stats = await mailing.Service.Send(mailing.Organization, new GetCampaignStats(campaign));
        stats.RefusedForSender.ShouldBe([new RefusedForSender("reputation_in_words", 3)]);
        counted.Of("reputation_in_words", "sender", "session").ShouldBe(3);
        counted.Tags.ShouldBe(["about", "learnt", "rule"]);
        counted.Dispose();
    }

    [Test]
    public async Task A_provider_that_calls_a_refusal_of_us_permanent_bars_nobody()
    {
        await using var service = await TestService.Create();
        var organization = await service.CreateOrganization("acme");
        var campaign = await TestCampaign.Start(service.Services, organization);
        var mail = await campaign.Send("ann@example.com");
        using var counted = new Counted();

        foreach (var number in Enumerable.Range(0, 2))
            await service.Send(
                Guid.Empty,
                new RecordDelivery(
                    mail.Id,
                    Delivery.HardBounce,
                    $"spec:{number}",
                    DateTimeOffset.UnixEpoch,
                    Status: null,
                    "smtp; 550 5.7.26 This mail is unauthenticated and does not pass the DMARC policy"
                )
            );

        (await campaign.Suppressions(mail.Contact)).ShouldBe("");
        (await campaign.Happened(mail.Id))[0].ShouldContain("\"type\": \"soft\"");
        var stats = await service.Send(organization, new GetCampaignStats(campaign.Id));
        // One mail, however often it is told.
        stats.RefusedForSender.ShouldBe([new RefusedForSender("authentication_in_words", 1)]);
        counted.Of("authentication_in_words", "sender", "report").ShouldBe(2);
    }

    /// <summary>What the metric counted since it was made, by its tags.</summary>
    private sealed class Counted : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly List<(long Count, Dictionary<string, string?> Tags)> _all = [];

        public Counted()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "schemahub.mail.refusals")
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>(
                (_, count, tags, _) =>
                {
                    lock (_all)
                        _all.Add((count, tags.ToArray().ToDictionary(tag => tag.Key, tag => tag.Value as string)));
                }
            );
            _listener.Start();
        }

        public IEnumerable<string> Tags => _all.SelectMany(one => one.Tags.Keys).Distinct().Order();

        public long Of(string rule, string about, string learnt) =>
            _all.Where(one => one.Tags["rule"] == rule && one.Tags["about"] == about && one.Tags["learnt"] == learnt)
                .Sum(one => one.Count);

        public void Dispose() => _listener.Dispose();
    }
}
