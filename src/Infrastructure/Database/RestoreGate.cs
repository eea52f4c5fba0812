using Npgsql;

namespace SchemaHub.Infrastructure.Database;

/// <summary>Background work that waits after a restore, as it is stored and released.</summary>
public static class HeldWork
{
    /// <summary>Recurring and queued jobs, with the mails that they send.</summary>
    public const string Jobs = "jobs";

    /// <summary>Bringing checkpoints to witnesses.</summary>
    public const string Witnesses = "witnesses";

    /// <summary>All of it.</summary>
    public static IReadOnlyList<string> All { get; } = [Jobs, Witnesses];
}

/// <summary>
/// Asked by everything that acts on the world by itself: after a restore it waits until an operator releases it, on
/// every node and over restarts.
/// </summary>
public sealed class RestoreGate(Installation installation, TimeProvider clock)
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

    /// <param name="work">One of <see cref="HeldWork"/>.</param>
    public async Task<bool> IsHeld(string work, CancellationToken cancellation)
    {
        await using var command = installation.Writer.CreateCommand(
            "select exists (select from sending.held_work h where h.work = $1)"
        );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = work });
        return await command.ExecuteScalarAsync(cancellation) is not false;
    }

    /// <summary>Returns once the work may be done. While the database does not answer, it may not.</summary>
    public async Task WaitUntilReleased(string work, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                if (!await IsHeld(work, cancellation))
                    return;
            }
            catch (Exception outage) when (DatabaseOutage.IsOrRefusal(outage))
            {
                // Asked again in a moment.
            }

            await Task.Delay(BetweenLooks, clock, cancellation);
        }
    }
}

/// <summary>How background work behaves after a restore.</summary>
public enum AfterRestore
{
    /// <summary>It acts on the world by itself, and waits until it is released.</summary>
    Waits,

    /// <summary>It does only what somebody asks for now.</summary>
    Answers,

    /// <summary>It writes to this database only.</summary>
    Internal,
}

/// <summary>Says how a hosted service behaves after a restore. Each of them has this.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class AfterRestoreAttribute(AfterRestore behaviour, string why) : Attribute
{
    /// <summary>How it behaves.</summary>
    public AfterRestore Behaviour { get; } = behaviour;

    /// <summary>Why that is right.</summary>
    public string Why { get; } = why;
}
