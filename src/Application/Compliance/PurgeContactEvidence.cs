using SchemaHub.Application.Access;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Compliance;

/// <summary>Purges the evidence of one contact, if its time is over.</summary>
/// <param name="Stream">The contact's.</param>
[RequiresOperator]
public sealed record PurgeContactEvidence(Guid Stream) : ICommand;

internal sealed class PurgeContactEvidenceHandler(
    IEventLog log,
    IPrivacyDeadlines requests,
    TimeProvider clock,
    CommandContext context
) : ICommandHandler<PurgeContactEvidence>
{
    public async Task<Position> Handle(PurgeContactEvidence command, CancellationToken cancellation)
    {
        // Who asked what is held on them is shown it, however old; the next run after that finds it again.
        if (await requests.IsOpenFor(context.Tenant, command.Stream, cancellation))
            return new Position(command.Stream, Version: 0, Sequence: 0, Number: 0);

        // When something was said is known from the log alone, so this decides on history, and on that version of it.
        var history = await log.Read(command.Stream, cancellation);
        if (history.LastOrDefault(recorded => recorded.Data is not ContactChanged) is not { } last)
            throw new NotFoundException("contact");

        return await log.Change<Contact, ContactEvent>(
            command.Stream,
            contact => contact.PurgeEvidence(last.RecordedAt, clock.GetUtcNow()),
            cancellation,
            history[^1].Version
        );
    }
}
