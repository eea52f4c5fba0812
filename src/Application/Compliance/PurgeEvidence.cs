using SchemaHub.Application.Access;
using SchemaHub.Application.Jobs;

namespace SchemaHub.Application.Compliance;

/// <summary>
/// Ends the keeping of evidence whose time is over: of everybody without a consent in force whose last one ended seven
/// years ago. A day that was missed is made up for: each run does all that has come up.
/// </summary>
[Job("evidence.purge")]
[RequiresOperator]
public sealed record PurgeEvidence : IJob;

/// <summary>Finds whose evidence may be due. What is decided is decided on the stream itself.</summary>
public interface IOldEvidence
{
    /// <summary>Contacts whose consents changed last before an instant and who have none in force, in order.</summary>
    /// <param name="after">The number of the last one that is known.</param>
    Task<IReadOnlyList<OldEvidence>> Find(DateTimeOffset before, long after, int limit, CancellationToken cancellation);
}

/// <summary>A contact whose evidence may be due.</summary>
public sealed record OldEvidence(string Tenant, Guid Stream, long Number);

internal sealed class PurgeEvidenceHandler(IOldEvidence evidence, RunAs runAs, TimeProvider clock)
    : IJobHandler<PurgeEvidence>
{
    private const int AtOnce = 200;

    public async Task<string> Handle(PurgeEvidence job, CancellationToken cancellation)
    {
        var before = clock.GetUtcNow().AddYears(-Domain.Contacts.Contact.EvidenceYears);
        var (purged, last) = (0, 0L);
        while (await evidence.Find(before, last, AtOnce, cancellation) is { Count: > 0 } found)
        {
            foreach (var contact in found)
            {
                if (await Purge(contact, cancellation))
                    purged++;
            }

            last = found[^1].Number;
        }

        return $"The evidence of {purged} contacts was purged.";
    }

    private async Task<bool> Purge(OldEvidence contact, CancellationToken cancellation)
    {
        // Each for its own organization.
        await using var service = runAs.System(contact.Tenant, SystemActors.Schedule);
        try
        {
            var position = await service.Send(new PurgeContactEvidence(contact.Stream), cancellation);
            return position.Sequence > 0;
        }
        catch (StaleVersionException)
        {
            // Something happened to the contact at this moment; if it is still due, the next run finds it.
            return false;
        }
    }
}
