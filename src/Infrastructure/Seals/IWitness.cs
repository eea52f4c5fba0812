namespace SchemaHub.Infrastructure.Seals;

/// <summary>
/// Somebody outside the database's reach who keeps checkpoints, so that history cannot be rewritten and signed anew
/// unnoticed.
/// </summary>
public interface IWitness
{
    /// <summary>
    /// What the record of deliveries calls it; unique, and kept for as long as it is the same witness.
    /// </summary>
    string Name { get; }

    /// <summary>Zero for a witness that gets every checkpoint; else how often it gets a tenant's newest one.</summary>
    TimeSpan Interval { get; }

    /// <summary>
    /// Hands over checkpoints of one tenant, oldest first, and returns once they are kept. After a crash the same ones
    /// may come again.
    /// </summary>
    /// <exception cref="InconsistentCheckpointException">The witness has seen another history.</exception>
    Task Deliver(IReadOnlyList<WitnessedCheckpoint> checkpoints, CancellationToken cancellation);
}

/// <summary>
/// A witness refused a checkpoint, because the log it stands for does not continue the one seen before.
/// </summary>
public sealed class InconsistentCheckpointException(string message) : Exception(message);
