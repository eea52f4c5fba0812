using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Application.Identity;
using SchemaHub.Domain.Compliance;

namespace SchemaHub.Application.Compliance;

/// <summary>
/// A proof of what was demanded and what became of it, by whom and when, as one JSON file that is checked without the
/// database. It holds good when the person it is about is gone.
/// </summary>
/// <param name="WitnessedSizes">Sizes of checkpoints that a witness keeps.</param>
[Requires("privacy:read")]
public sealed record ProvePrivacyRequest(Guid Id, IReadOnlyList<long>? WitnessedSizes = null) : IQuery<string>;

/// <summary>The archive that was made for a request, as long as it is kept.</summary>
[Requires("privacy:write")]
public sealed record FetchPrivacyArchive(Guid Id) : IQuery<Stream>;

internal sealed class ProvePrivacyRequestHandler(
    IEventLog log,
    IProofs proofs,
    IPrivacyArchives archives,
    PrivilegeGuard guard,
    CommandContext context
) : IRequestHandler<ProvePrivacyRequest, string>, IRequestHandler<FetchPrivacyArchive, Stream>
{
    public async Task<string> Handle(ProvePrivacyRequest query, CancellationToken cancellation)
    {
        await Require(query.Id, cancellation);
        return await proofs.Prove(
            context.Tenant,
            query.Id,
            query.WitnessedSizes ?? [],
            ProofReader.Anybody,
            cancellation
        );
    }

    public async Task<Stream> Handle(FetchPrivacyArchive query, CancellationToken cancellation)
    {
        var opened = await Require(query.Id, cancellation);
        await guard.RequireFor(opened.About, cancellation);
        return await archives.Open(query.Id, cancellation) ?? throw new NotFoundException("privacy_archive");
    }

    private async Task<PrivacyRequestOpened> Require(Guid id, CancellationToken cancellation)
    {
        var request = await log.Load<PrivacyRequest, PrivacyRequestEvent>(id, cancellation);
        return request.State.Opened ?? throw new NotFoundException("privacy_request");
    }
}
