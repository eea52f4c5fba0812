namespace SchemaHub.Infrastructure.Seals;

/// <summary>
/// The database no longer holds what was sealed: events, tiles or checkpoints were changed behind the service's back.
/// </summary>
public sealed class SealBrokenException(string message) : Exception(message);
