using SchemaHub.Infrastructure.Seals;

namespace SchemaHub.Infrastructure.Specs.Seals;

/// <summary>A witness that looks at nothing it is given: it keeps it, or fails, or dies once its file has it.</summary>
internal sealed class Recorder(FileWitness? file = null) : IWitness
{
    public bool IsFailing { get; set; }

    public bool IsDying { get; init; }

    public List<WitnessedCheckpoint> Kept { get; } = [];

    public string Name => file?.Name ?? "recorder";

    public TimeSpan Interval => TimeSpan.Zero;

    public async Task Deliver(IReadOnlyList<WitnessedCheckpoint> checkpoints, CancellationToken cancellation)
    {
        if (IsFailing)
            throw new IOException("The witness is out.");

        Kept.AddRange(checkpoints);
        if (file is not null)
            await file.Deliver(checkpoints, cancellation);
        if (IsDying)
            throw new IOException("The process dies before it can record the delivery.");
    }
}
