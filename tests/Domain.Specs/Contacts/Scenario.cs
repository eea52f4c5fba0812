using SchemaHub.Domain.Contacts;

namespace SchemaHub.Domain.Specs.Contacts;

/// <summary>Given what happened, when somebody wants something, then exactly this follows.</summary>
internal sealed class Scenario<TState, TEvent>(TState state)
    where TState : IAggregate<TState, TEvent>
    where TEvent : class
{
    private IReadOnlyList<TEvent> _followed = [];
    private string? _refusal;

    public TState State => _followed.Aggregate(state, (current, happened) => current.Apply(happened));

    public Scenario<TState, TEvent> When(Func<TState, IReadOnlyList<TEvent>> decide)
    {
        try
        {
            _followed = decide(state);
        }
        catch (RuleBrokenException broken)
        {
            _refusal = broken.Code;
        }

        return this;
    }

    public void Then(params TEvent[] expected)
    {
        _refusal.ShouldBeNull();
        _followed.ShouldBe(expected);
    }

    public void ThenRefused(string code) => _refusal.ShouldBe(code);
}

/// <summary>People, times and words that the specs of contacts share.</summary>
internal static class Given
{
    public const string OldWords = "0000000000000000000000000000000000000000000000000000000000000000";
    public const string NewWords = "1111111111111111111111111111111111111111111111111111111111111111";

    public static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly Guid TheFile = Guid.Parse("0192f0c1-0000-7000-8000-00000000000a");
    public static readonly Guid OtherFile = Guid.Parse("0192f0c1-0000-7000-8000-00000000000b");
    public static readonly Evidence Seen = new("2001:db8::7", "Firefox");
    public static readonly Evidence Mailbox = new("192.0.2.1", "Mail");
    public static readonly Consent Newsletter = new(
        Purposes.Newsletter,
        LegalBases.Consent,
        ConsentMethods.SingleOptIn,
        OldWords,
        "en"
    );

    public static readonly Consent Tracking = Newsletter with { Purpose = Purposes.Tracking };
    public static readonly ContactErased Erased = new(Sources.Admin, "requested");
    public static readonly ConsentRequested Requested = new(
        [Newsletter, Tracking],
        Sources.Form,
        "token",
        Noon.AddDays(7),
        Seen
    );

    public static Scenario<Contact, ContactEvent> A_contact(params ContactEvent[] happened) =>
        new(happened.Aggregate(Contact.Initial, (contact, one) => contact.Apply(one)));

    public static Scenario<Import, ImportEvent> An_import(params ImportEvent[] happened) =>
        new(happened.Aggregate(Import.Initial, (import, one) => import.Apply(one)));

    public static ContactAdded Added(Consent? consent = null, Guid? import = null) =>
        new(import is null ? Sources.Api : Sources.Import, import, consent, "ann@example.org", "Ann", null, "t", Seen);

    public static readonly ContactRestricted Restricted = new(RestrictionGrounds.AccuracyContested, Sources.Admin);

    public static ConsentWithdrawn Withdrawn(string? purpose = null, Evidence? evidence = null) =>
        new(purpose, Sources.EmailLink, null, null, evidence);

    public static ContactSuppressed Suppressed(Evidence? evidence = null) =>
        new(SuppressionReasons.Complaint, Sources.Api, null, evidence);

    /// <summary>What a confirmed request of <see cref="Requested"/> records for a purpose.</summary>
    public static ConsentGiven Confirmed(Consent consent, bool raised = false, bool renewed = false) =>
        new(
            consent with
            {
                Method = ConsentMethods.DoubleOptIn,
            },
            Sources.Form,
            ImportId: null,
            renewed,
            raised,
            Mailbox,
            Seen,
            Requested.TokenHash
        );
}
