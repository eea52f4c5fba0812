using FluentValidation;
using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Domain;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Compliance;

/// <summary>What a person had agreed to at an instant, and how we know. Reads history itself.</summary>
/// <param name="At">UTC; now where null.</param>
[Requires("contacts:read")]
public sealed record ReplayConsent(long ContactId, DateTimeOffset? At = null) : IQuery<ConsentReplay>;

/// <summary>The state at an instant, the events that made it so, and all before it.</summary>
/// <param name="Email">Null once the person was erased.</param>
/// <param name="SuppressedFor">Why the address must not be written to, or null.</param>
/// <param name="Events">Everything recorded up to the instant, oldest first.</param>
public sealed record ConsentReplay(
    long ContactId,
    DateTimeOffset At,
    string? Email,
    bool IsListed,
    string? SuppressedFor,
    IReadOnlyList<PurposeState> Purposes,
    IReadOnlyList<ReplayedEvent> Events
);

/// <summary>Where one purpose stood.</summary>
/// <param name="MayBeWrittenTo">A consent was in force and nothing barred the address.</param>
/// <param name="MadeSoBy">The log position of the event that made it so.</param>
public sealed record PurposeState(
    string Purpose,
    bool MayBeWrittenTo,
    bool Withdrawn,
    DateTimeOffset Since,
    long MadeSoBy,
    Consent? Consent
);

/// <summary>One event as people read it.</summary>
public sealed record ReplayedEvent(long Position, long Version, DateTimeOffset RecordedAt, string Name, object Data);

internal sealed class ReplayConsentValidator : AbstractValidator<ReplayConsent>
{
    public ReplayConsentValidator(TimeProvider clock) => RuleFor(query => query.At).NotInTheFuture(clock);
}

internal static class InstantRules
{
    public static IRuleBuilderOptions<T, DateTimeOffset?> NotInTheFuture<T>(
        this IRuleBuilder<T, DateTimeOffset?> rule,
        TimeProvider clock
    ) =>
        rule.Must(at => at is null || at <= clock.GetUtcNow())
            .WithMessage("The instant lies in the future: nothing is known of it yet.");
}

internal sealed class ReplayConsentHandler(
    IEventLog log,
    IStreamDirectory streams,
    CommandContext context,
    TimeProvider clock
) : IRequestHandler<ReplayConsent, ConsentReplay>
{
    public async Task<ConsentReplay> Handle(ReplayConsent query, CancellationToken cancellation)
    {
        var stream =
            await streams.Find(context.Tenant, query.ContactId, Contact.StreamType, cancellation)
            ?? throw new NotFoundException("contact");
        var history = await log.Read(stream, cancellation);
        var at = (query.At ?? clock.GetUtcNow()).ToUniversalTime();
        var until = history.TakeWhile(recorded => recorded.RecordedAt <= at).ToList();
        if (until.Count == 0)
            throw new RuleBrokenException(
                "replay.before_first_event",
                "The first thing known of this contact was recorded at "
                    + $"{history[0].RecordedAt:O}; nothing is known of the instant before."
            );

        return Replay(query.ContactId, at, until);
    }

    private static ConsentReplay Replay(long contactId, DateTimeOffset at, List<RecordedEvent> history)
    {
        var state = Contact.Initial;
        var purposes = new SortedDictionary<string, PurposeState>(StringComparer.Ordinal);
        string? email = null;
        foreach (var recorded in history)
        {
            var happened = (ContactEvent)recorded.Data;
            state = state.Apply(happened);
            if (happened is ContactAdded added)
                email = added.Email;

            foreach (var (purpose, consent) in state.Consents)
                Note(purposes, purpose, consent, state, recorded);
        }

        return new ConsentReplay(
            contactId,
            at,
            state.IsListed ? email : null,
            state.IsListed,
            state.SuppressedFor,
            [.. purposes.Values],
            [.. history.Select(r => new ReplayedEvent(r.Sequence, r.Version, r.RecordedAt, r.Name, r.Data))]
        );
    }

    private static void Note(
        SortedDictionary<string, PurposeState> purposes,
        string purpose,
        ConsentState consent,
        Contact state,
        RecordedEvent recorded
    )
    {
        var given = recorded.Data switch
        {
            ContactAdded { Consent: { } brought } when brought.Purpose == purpose => brought,
            ConsentGiven happened when happened.Consent.Purpose == purpose => happened.Consent,
            _ => null,
        };
        var may = state.MayBeWrittenToFor(purpose);
        purposes.TryGetValue(purpose, out var before);
        if (
            before is not null
            && given is null
            && before.MayBeWrittenTo == may
            && before.Withdrawn == consent.Withdrawn
        )
            return;

        purposes[purpose] = new PurposeState(
            purpose,
            may,
            consent.Withdrawn,
            recorded.RecordedAt,
            recorded.Sequence,
            given ?? before?.Consent
        );
    }
}
