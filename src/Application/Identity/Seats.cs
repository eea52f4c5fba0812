using Npgsql;
using SchemaHub.Domain;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>
/// Whether an organization has room for one more member: by its plan, and by the quota it set itself.
/// </summary>
internal sealed class Seats(TenantDatabase database, Records.ITableShapes shapes, CommandContext context)
{
    /// <exception cref="RuleBrokenException">
    /// <c>organization.closed</c>, <c>organization.seats_taken</c>, <c>quota.exceeded</c>.
    /// </exception>
    public async Task Require(Organization organization, CancellationToken cancellation)
    {
        organization.RequireSeat();
        if (!shapes.IsOn("podcast"))
            return;

        var quotas = await database.Rows(
            context.Tenant,
            "select q.max_users from podcast.tenant_quotas q where q.tenant_id = $1 and q.max_users is not null",
            row => row.GetInt32(0),
            cancellation,
            new NpgsqlParameter<Guid> { TypedValue = context.OrganizationId }
        );
        if (quotas is [var most] && organization.Members.Count >= most)
            throw new RuleBrokenException("quota.exceeded", $"The organization's quota allows {most} members.");
    }
}
