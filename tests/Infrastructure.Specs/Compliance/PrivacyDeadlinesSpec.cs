using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SchemaHub.Application.Compliance;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Compliance;

/// <summary>A month is watched over: who must act is told in time, and what is overdue is seen.</summary>
public sealed class PrivacyDeadlinesSpec
{
    private FakeTimeProvider _clock = null!;
    private MailSink _sink = null!;
    private TestService _service = null!;
    private Guid _organization;

    [SetUp]
    public async Task Start()
    {
        _clock = new FakeTimeProvider(new DateTimeOffset(2026, 3, 10, 6, 0, 0, TimeSpan.Zero));
        _sink = new MailSink();
        _service = await TestService.Create(services =>
        {
            services.AddSingleton<TimeProvider>(_clock);
            TestMailing.AddSending(services, _sink.Port, connections: 1);
        });
        _organization = await _service.CreateOrganization("acme");
    }

    [TearDown]
    public async Task End()
    {
        await _service.DisposeAsync();
        await _sink.DisposeAsync();
    }

    [Test]
    public async Task The_owner_is_told_a_week_before_and_every_day_after_and_never_whom_it_is_about()
    {
        await Open("ann@example.org");
        (await Watch()).ShouldStartWith("0 requests are due within 7 days and 0 are overdue; 0 owners were told");

        _clock.SetUtcNow(new DateTimeOffset(2026, 4, 3, 6, 0, 0, TimeSpan.Zero));
        (await Watch()).ShouldStartWith("1 requests are due within 7 days and 0 are overdue; 1 owners were told");
        _clock.SetUtcNow(new DateTimeOffset(2026, 4, 10, 23, 0, 0, TimeSpan.Zero));
        (await Watch()).ShouldStartWith("1 requests are due within 7 days and 0 are overdue");
        _clock.SetUtcNow(new DateTimeOffset(2026, 4, 11, 0, 0, 0, TimeSpan.Zero));
        (await Watch()).ShouldStartWith("0 requests are due within 7 days and 1 are overdue");

        _sink.Taken.Select(mail => mail.To).Distinct().ShouldBe(["owner@acme.example"]);
        _sink.Taken.Count.ShouldBe(3);
        var listed = await _service.Send(_organization, new ListPrivacyRequests(Overdue: true));
        listed.Items.Single().DueOn.ShouldBe(new DateOnly(2026, 4, 10));
    }

    [Test]
    public async Task What_has_ended_is_told_of_no_more_and_forgotten_after_three_years()
    {
        var request = await Open("ann@example.org", "Ann wrote by post.");
        await _service.Send(_organization, new RejectPrivacyRequest(request, "unfounded", "Ann is not Ann."));
        _clock.SetUtcNow(_clock.GetUtcNow().AddYears(2));
        (await Watch()).ShouldEndWith("0 requests forgotten.");
        (await Notes()).ShouldBe("Ann wrote by post. Ann is not Ann.");

        _clock.SetUtcNow(_clock.GetUtcNow().AddYears(1).AddDays(1));

        (await Watch()).ShouldEndWith("1 requests forgotten.");
        (await Notes()).ShouldBe(" ");
        (
            await _service.Scalar<bool>("select notes is null and status = 'rejected' from podcast.gdpr_requests")
        ).ShouldBeTrue();
        (await Watch()).ShouldEndWith("0 requests forgotten.");
    }

    [Test]
    public async Task Evidence_that_somebody_asked_about_is_not_purged_before_they_are_answered()
    {
        var contact = await _service.Send(_organization, new AddContact("ann@example.org"));
        await _service.Send(_organization, new WithdrawConsent(contact.Number));
        _clock.SetUtcNow(_clock.GetUtcNow().AddYears(8));
        var request = await Open("ann@example.org");

        (await _service.Send(Guid.Empty, new PurgeEvidence())).ShouldBe("The evidence of 0 contacts was purged.");
        await _service.Send(_organization, new CancelPrivacyRequest(request));

        (await _service.Send(Guid.Empty, new PurgeEvidence())).ShouldBe("The evidence of 1 contacts was purged.");
    }

    [Test]
    public async Task Whoever_demands_to_be_erased_takes_the_notes_of_earlier_requests_along()
    {
        await _service.Send(_organization, new AddContact("ann@example.org"));
        var earlier = await Open("ann@example.org", "Ann wrote by post.");
        await _service.Send(_organization, new CancelPrivacyRequest(earlier));
        var position = await _service.Send(_organization, new OpenPrivacyRequest("erasure", "ann@example.org"));

        await _service.Send(_organization, new FulfilPrivacyRequest(position.Stream));

        (await _service.Scalar<long>("select count(*) from access.privacy_requests where note is not null")).ShouldBe(
            0
        );
        (
            await Should.ThrowAsync<RuleBrokenException>(() =>
                _service.Send(_organization, new FulfilPrivacyRequest(position.Stream))
            )
        ).Code.ShouldBe("privacy_request.ended");
    }

    private async Task<Guid> Open(string email, string? note = null) =>
        (await _service.Send(_organization, new OpenPrivacyRequest("access", email, Note: note))).Stream;

    private Task<string> Watch() => _service.Send(Guid.Empty, new WatchPrivacyRequests());

    private Task<string> Notes() =>
        _service.Scalar<string>(
            "select coalesce(note, '') || ' ' || coalesce(rejection_reason, '') from access.privacy_requests"
        );
}
