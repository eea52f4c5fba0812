using SchemaHub.Domain.Compliance;
using SchemaHub.Domain.Specs.Contacts;

namespace SchemaHub.Domain.Specs.Compliance;

/// <summary>What a demand goes through, and by when it is to be done.</summary>
public sealed class PrivacyRequestSpec
{
    private static readonly DateTimeOffset Received = new(2026, 1, 31, 23, 30, 0, TimeSpan.Zero);
    private static readonly PrivacySubject Ann = new(
        SubjectKind.Contact,
        Guid.Parse("0192f0c1-0000-8000-8000-0000000000aa"),
        7
    );
    private static readonly PrivacyRequestOpened Opened = Open(PrivacyRight.Access);
    private static readonly PrivacyRequestBegun Begun = new();
    private static readonly HandedOut Archive = new(new string('a', 64), 100);
    private static readonly PrivacyRequestCompleted Completed = new(
        PrivacyOutcome.ArchiveMade,
        Archive.Sha256,
        Archive.SizeBytes,
        Evidence: null
    );

    [TestCase("2026-01-31", "2026-02-28")]
    [TestCase("2028-01-31", "2028-02-29")]
    [TestCase("2026-02-28", "2026-03-28")]
    [TestCase("2026-12-15", "2027-01-15")]
    [TestCase("2026-03-31", "2026-04-30")]
    public void A_month_ends_on_the_day_of_the_same_number_or_on_the_last(string requested, string due) =>
        A_request()
            .When(request => request.Open(PrivacyRight.Access, Ann, At(requested), note: null))
            .State.DueOn.ShouldBe(Day(due));

    [Test]
    public void A_month_begins_on_the_day_it_has_in_UTC() =>
        A_request()
            .When(request =>
                request.Open(
                    PrivacyRight.Access,
                    Ann,
                    new DateTimeOffset(2026, 2, 1, 0, 30, 0, TimeSpan.FromHours(1)),
                    note: null
                )
            )
            .State.DueOn.ShouldBe(Day("2026-02-28"));

    [Test]
    public void Two_more_months_are_counted_from_the_day_it_came_in() =>
        A_request(Opened)
            .When(request => request.Extend("Much paper.", Day("2026-02-28")))
            .Then(new PrivacyRequestExtended(Day("2026-04-30"), "Much paper."));

    [Test]
    public void More_time_is_taken_within_the_first_month_or_not_at_all() =>
        A_request(Opened)
            .When(request => request.Extend("Late.", Day("2026-03-01")))
            .ThenRefused("privacy_request.overdue");

    [Test]
    public void More_time_is_taken_once() =>
        A_request(Opened, new PrivacyRequestExtended(Day("2026-04-30"), "Much paper."))
            .When(request => request.Extend("Still more.", Day("2026-02-01")))
            .ThenRefused("privacy_request.extended");

    [Test]
    public void What_was_done_says_what_was_handed_out() =>
        A_request(Opened, Begun)
            .When(request => request.Complete(PrivacyOutcome.ArchiveMade, Archive, evidence: null))
            .Then(Completed);

    [Test]
    public void An_erasure_takes_the_notes_about_the_person_with_it() =>
        A_request(Open(PrivacyRight.Erasure), Begun)
            .When(request => request.Complete(PrivacyOutcome.Erased, handedOut: null, evidence: 42))
            .Then(
                new PrivacyRequestCompleted(PrivacyOutcome.Erased, Sha256: null, SizeBytes: null, 42),
                new PrivacyRequestForgotten()
            );

    [Test]
    public void Beginning_twice_is_beginning_once() => A_request(Opened, Begun).When(request => request.Begin()).Then();

    [TestCaseSource(nameof(Ends))]
    public void What_has_ended_is_not_changed_any_more(PrivacyRequestEvent end)
    {
        var changes = new Func<PrivacyRequest, IReadOnlyList<PrivacyRequestEvent>>[]
        {
            request => request.Begin(),
            request => request.Cancel(),
            request => request.Reject(RejectionGround.Unfounded, "No."),
            request => request.Extend("More.", Day("2026-02-01")),
            request => request.Complete(PrivacyOutcome.ArchiveMade, Archive, evidence: null),
        };
        foreach (var change in changes)
            A_request(Opened, end).When(change).ThenRefused("privacy_request.ended");
    }

    [TestCaseSource(nameof(Ends))]
    public void What_has_ended_is_forgotten_once(PrivacyRequestEvent end)
    {
        A_request(Opened, end).When(request => request.Forget()).Then(new PrivacyRequestForgotten());
        A_request(Opened, end, new PrivacyRequestForgotten()).When(request => request.Forget()).Then();
    }

    [Test]
    public void What_is_open_is_not_forgotten() => A_request(Opened).When(request => request.Forget()).Then();

    [Test]
    public void What_nobody_demanded_is_not_there() =>
        A_request().When(request => request.Begin()).ThenRefused("privacy_request.not_found");

    private static IEnumerable<PrivacyRequestEvent> Ends =>
        [
            Completed,
            new PrivacyRequestRejected(RejectionGround.Excessive, "The third time this week."),
            new PrivacyRequestCancelled(),
        ];

    private static PrivacyRequestOpened Open(PrivacyRight right) =>
        new(right, Ann, Received, Day("2026-02-28"), "By post.");

    private static DateTimeOffset At(string day) => new(Day(day), new TimeOnly(12, 0), TimeSpan.Zero);

    private static DateOnly Day(string day) =>
        DateOnly.ParseExact(day, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

    private static Scenario<PrivacyRequest, PrivacyRequestEvent> A_request(params PrivacyRequestEvent[] happened) =>
        new(happened.Aggregate(PrivacyRequest.Initial, (request, one) => request.Apply(one)));
}
