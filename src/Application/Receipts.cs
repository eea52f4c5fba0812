namespace SchemaHub.Application;

/// <summary>
/// What commands answered under their idempotency keys: kept with the commit of their events, encrypted, as long as the
/// retention of receipts says.
/// </summary>
public interface IReceipts
{
    /// <summary>The first answer given under the key, or null.</summary>
    /// <exception cref="IdempotencyKeyReusedException">The key was used for something else.</exception>
    Task<KeptAnswer?> Find(CommandReceipt receipt, CancellationToken cancellation);

    /// <summary>Keeps the answer of a command that appended nothing under its key.</summary>
    /// <returns>The answer under the key: this one, or the one that another request was faster with.</returns>
    /// <exception cref="IdempotencyKeyReusedException">The key was used for something else.</exception>
    Task<KeptAnswer> Keep(CommandReceipt receipt, KeptAnswer answer, CancellationToken cancellation);
}

/// <summary>Names a command's outcome: the caller's key, and what was asked for under it.</summary>
/// <param name="Tenant">Keys are the caller's own: nobody meets another's.</param>
/// <param name="RequestHash">A keyed hash of the request.</param>
public sealed record CommandReceipt(string Tenant, string Actor, string Key, byte[] RequestHash);

/// <summary>A command's answer.</summary>
/// <param name="Position">Where its change landed; all zero where it changed nothing in the log.</param>
/// <param name="Json">The answer, where that is more than the position.</param>
public sealed record KeptAnswer(Position Position, string? Json);

/// <summary>The same command was answered before under its key, a moment ago: this is its answer.</summary>
public sealed class AnsweredBeforeException(KeptAnswer answer) : Exception("It was done before under the same key.")
{
    /// <summary>The first answer.</summary>
    public KeptAnswer Answer { get; } = answer;
}

/// <summary>A command whose repetition is recognized by what it holds: an idempotency key is ignored.</summary>
/// <param name="why">What it is recognized by.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class IdempotentByContentAttribute(string why) : Attribute
{
    /// <summary>What it is recognized by.</summary>
    public string Why { get; } = why;
}

/// <summary>A request that is told from others by something else than its properties.</summary>
public interface ITellsRequestsApart
{
    /// <summary>The same for the same request, and for no other.</summary>
    string Identity { get; }
}
