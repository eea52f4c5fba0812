using SchemaHub.Domain.Identity;
using SchemaHub.Domain.Specs.Contacts;

namespace SchemaHub.Domain.Specs.Identity;

/// <summary>Where somebody is signed in, from the sign-in to its end.</summary>
public sealed class SessionSpec
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Guid Ann = Guid.Parse("0192f0c1-0000-7000-8000-00000000000a");
    private static readonly Guid Acme = Guid.Parse("0192f0c1-0000-7000-8000-00000000000b");
    private static readonly Guid Other = Guid.Parse("0192f0c1-0000-7000-8000-00000000000c");
    private static readonly SessionStarted Started = new(
        Ann,
        7,
        SessionKinds.Program,
        "one",
        Acme,
        Noon + Session.ProgramLifetime
    );

    [TestCase(SessionKinds.Browser, 7)]
    [TestCase(SessionKinds.Program, 30)]
    public void A_session_lasts_as_long_as_its_kind(string kind, int days) =>
        A_session()
            .When(session => session.Start(new Person(Ann, 7), kind, "one", Acme, Noon))
            .Then(new SessionStarted(Ann, 7, kind, "one", Acme, Noon.AddDays(days)));

    [Test]
    public void It_works_in_one_organization_after_the_other()
    {
        A_session(Started).When(session => session.MoveTo(Other, Noon)).Then(new SessionMoved(Other, Acme));
        A_session(Started).When(session => session.MoveTo(Acme, Noon)).Then();
        A_session(Started).When(session => session.MoveTo(Other, Noon.AddDays(30))).ThenRefused("session.ended");
    }

    [Test]
    public void A_refresh_token_is_answered_with_the_next() =>
        A_session(Started).When(session => session.Prolong("one", "two", Noon)).Then(Prolonged("one", "two", Noon));

    [Test]
    public void One_that_was_answered_before_ends_the_session() =>
        A_session(Started, Prolonged("one", "two", Noon), Prolonged("two", "three", Noon.AddMinutes(15)))
            .When(session => session.Prolong("one", "four", Noon.AddMinutes(16)))
            .Then(new SessionEnded(Ann, SessionKinds.Program, "three", SessionEnds.Reuse));

    [Test]
    public void The_last_one_may_be_repeated_for_ten_seconds_where_its_answer_was_lost()
    {
        var scenario = A_session(Started, Prolonged("one", "two", Noon))
            .When(session => session.Prolong("one", "three", Noon.AddSeconds(10)));

        scenario.Then(Prolonged("two", "three", Noon.AddSeconds(10), shown: "one"));
        // The moment does not begin anew with a repetition.
        scenario
            .State.Prolong("one", "four", Noon.AddSeconds(11))
            .ShouldBe([new SessionEnded(Ann, SessionKinds.Program, "three", SessionEnds.Reuse)]);
    }

    [Test]
    public void After_the_ten_seconds_it_ends_the_session() =>
        A_session(Started, Prolonged("one", "two", Noon))
            .When(session => session.Prolong("one", "three", Noon.AddSeconds(11)))
            .Then(new SessionEnded(Ann, SessionKinds.Program, "two", SessionEnds.Reuse));

    [Test]
    public void What_is_over_does_not_go_on()
    {
        A_session(Started)
            .When(session => session.Prolong("one", "two", Noon.AddDays(30)))
            .ThenRefused("session.ended");
        A_session(Started, new SessionEnded(Ann, SessionKinds.Program, "one", SessionEnds.Revoked))
            .When(session => session.Prolong("one", "two", Noon))
            .ThenRefused("session.ended");
    }

    [Test]
    public void It_ends_once()
    {
        A_session(Started)
            .When(session => session.End(SessionEnds.SignedOut))
            .Then(new SessionEnded(Ann, SessionKinds.Program, "one", SessionEnds.SignedOut));
        A_session(Started, new SessionEnded(Ann, SessionKinds.Program, "one", SessionEnds.SignedOut))
            .When(session => session.End(SessionEnds.Revoked))
            .Then();
    }

    private static SessionProlonged Prolonged(string replaced, string next, DateTimeOffset at, string? shown = null) =>
        new(Ann, next, replaced, shown ?? replaced, at + Session.ProgramLifetime, at);

    private static Scenario<Session, SessionEvent> A_session(params SessionEvent[] happened) =>
        new(happened.Aggregate(Session.Initial, (session, one) => session.Apply(one)));
}
