namespace SchemaHub.Infrastructure.Seals;

/// <summary>A mailbox as witness: once in a while it gets a tenant's newest checkpoint.</summary>
public sealed class MailWitness(
    string address,
    Func<string, string, CancellationToken, Task> send,
    TimeSpan? interval = null
) : IWitness
{
    public string Name => "mail:" + address;

    /// <summary>A day unless said otherwise: a person's mailbox is no log.</summary>
    public TimeSpan Interval => interval ?? TimeSpan.FromDays(1);

    public async Task Deliver(IReadOnlyList<WitnessedCheckpoint> checkpoints, CancellationToken cancellation)
    {
        foreach (var given in checkpoints)
        {
            var checkpoint =
                Checkpoint.Parse(given.Note)
                ?? throw new InvalidDataException("What is to be mailed is no checkpoint.");
            var subject = $"SchemaHub checkpoint: tenant {checkpoint.Tenant}, {checkpoint.Size} events";
            var body = $"""
                Keep this mail. The line at its end proves that the {checkpoint.Size} events the log of tenant
                {checkpoint.Tenant} held at {checkpoint.SealedAt:yyyy-MM-dd HH:mm:ss} UTC were not changed later:
                save it as a file and pass that to "schemahub verify" with --witness.

                {given.ToJson()}

                """;
            await send(subject, body, cancellation);
        }
    }
}
