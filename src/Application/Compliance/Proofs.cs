namespace SchemaHub.Application.Compliance;

/// <summary>
/// Makes proofs: everything that happened to one thing, as one JSON file that is checked without the database, with
/// <c>schemahub verify</c> and the public key.
/// </summary>
public interface IProofs
{
    /// <summary>The bundle of a stream, sealed up to now.</summary>
    /// <param name="witnessedSizes">Sizes of checkpoints that whoever checks it holds from a witness.</param>
    /// <param name="reader">Who is to read it.</param>
    Task<string> Prove(
        string tenant,
        Guid stream,
        IReadOnlyList<long> witnessedSizes,
        ProofReader reader,
        CancellationToken cancellation
    );
}

/// <summary>Who is to read a proof.</summary>
public enum ProofReader
{
    /// <summary>The person it is about: it carries the key to what is personal, while that key lives.</summary>
    Subject,

    /// <summary>Anybody: what is personal stays sealed in it.</summary>
    Anybody,
}
