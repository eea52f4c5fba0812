using SchemaHub.Application.Access;
using SchemaHub.Application.Jobs;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>
/// Notes which keys their policy wants another secret for. Nobody but the program that uses a key can be given one, so
/// that is all that is done: the key goes on opening.
/// </summary>
[Job("keys.rotation_due")]
[RequiresOperator]
public sealed record NoticeDueKeys : IJob;

/// <summary>Finds keys that are due. What is decided is decided on the stream itself.</summary>
public interface IDueKeys
{
    /// <summary>Keys that are due at an instant and of which that was not noted yet, in order.</summary>
    /// <param name="after">The number of the last one that is known.</param>
    Task<IReadOnlyList<DueKey>> Find(DateTimeOffset now, long after, int limit, CancellationToken cancellation);
}

/// <summary>A key that may be due.</summary>
public sealed record DueKey(Guid Organization, Guid Id, long Number);

internal sealed class NoticeDueKeysHandler(IDueKeys keys, RunAs runAs, TimeProvider clock) : IJobHandler<NoticeDueKeys>
{
    private const int AtOnce = 200;

    public async Task<string> Handle(NoticeDueKeys job, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var (noticed, last) = (0, 0L);
        while (await keys.Find(now, last, AtOnce, cancellation) is { Count: > 0 } found)
        {
            foreach (var key in found)
            {
                if (await Notice(key, now, cancellation))
                    noticed++;
            }

            last = found[^1].Number;
        }

        return $"{noticed} keys are due for another secret.";
    }

    private async Task<bool> Notice(DueKey key, DateTimeOffset now, CancellationToken cancellation)
    {
        // Each for its own organization.
        await using var service = runAs.System(key.Organization, SystemActors.System);
        var position = await service.Log.Change<ApiKey, ApiKeyEvent>(
            key.Id,
            existing => existing.NoticeRotationDue(now),
            cancellation
        );
        return position.Sequence > 0;
    }
}
