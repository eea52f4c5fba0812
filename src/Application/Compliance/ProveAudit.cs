using MediatR;
using Npgsql;
using SchemaHub.Application.Access;
using SchemaHub.Application.Records;

namespace SchemaHub.Application.Compliance;

/// <summary>
/// A proof of everything that was done to the thing of one entry of the audit, and by whom, as one JSON file that is
/// checked without the database. What is personal stays sealed in it: it goes to auditors, not to the person.
/// </summary>
/// <param name="EntryId">Of the entry.</param>
/// <param name="WitnessedSizes">Sizes of checkpoints that a witness keeps.</param>
[Requires("audit:read")]
public sealed record ProveAudit(long EntryId, IReadOnlyList<long>? WitnessedSizes = null) : IQuery<string>;

internal sealed class ProveAuditHandler(RecordDatabase database, IProofs proofs, CommandContext context)
    : IRequestHandler<ProveAudit, string>
{
    private const string OfOrganization = """
        select e.resource_id from access.audit_entries e where e.sequence = $1 and e.organization_id = $2
        """;

    private const string OfInstallation = """
        select e.resource_id from access.audit_entries e where e.sequence = $1 and e.organization_id is null
        """;

    public async Task<string> Handle(ProveAudit query, CancellationToken cancellation)
    {
        var ofSystem = context.Tenant == Tenant.System;
        var entry = new NpgsqlParameter<long> { TypedValue = query.EntryId };
        var found = await database.Rows.Rows(
            context.Tenant,
            ofSystem ? OfInstallation : OfOrganization,
            row => row.GetGuid(0),
            cancellation,
            ofSystem ? [entry] : [entry, new NpgsqlParameter<Guid> { TypedValue = context.OrganizationId }]
        );
        return found is [var stream]
            ? await proofs.Prove(context.Tenant, stream, query.WitnessedSizes ?? [], ProofReader.Anybody, cancellation)
            : throw new NotFoundException("audit_entry");
    }
}
