using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Compliance;

/// <summary>
/// A proof of everything one contact ever agreed to, as one JSON file that is checked without the database, with
/// <c>schemahub verify</c> and the public key.
/// </summary>
/// <param name="WitnessedSizes">
/// Sizes of checkpoints that a witness keeps: the proof shows that each is the beginning of the log it proves.
/// </param>
[Requires("contacts:read")]
public sealed record ProveConsent(long ContactId, IReadOnlyList<long>? WitnessedSizes = null) : IQuery<string>;

internal sealed class ProveConsentHandler(IProofs proofs, IStreamDirectory streams, CommandContext context)
    : IRequestHandler<ProveConsent, string>
{
    public async Task<string> Handle(ProveConsent query, CancellationToken cancellation)
    {
        var stream =
            await streams.Find(context.Tenant, query.ContactId, Contact.StreamType, cancellation)
            ?? throw new NotFoundException("contact");
        return await proofs.Prove(
            context.Tenant,
            stream,
            query.WitnessedSizes ?? [],
            ProofReader.Subject,
            cancellation
        );
    }
}
