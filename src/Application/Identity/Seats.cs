using SchemaHub.Domain;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>
/// Whether an organization has room for one more member: by its plan, and by the quota it set itself.
/// </summary>
internal sealed class Seats(IMemberships memberships, Records.ITableShapes shapes)
{
    /// <exception cref="RuleBrokenException">
    /// <c>organization.closed</c>, <c>organization.seats_taken</c>, <c>quota.exceeded</c>.
    /// </exception>
    public async Task Require(Guid id, Organization organization, CancellationToken cancellation)
    {
        organization.RequireSeat();
        if (!shapes.IsOn("podcast"))
            return;

        var most = await memberships.QuotaOf(id, cancellation);
        if (organization.Members.Count >= most)
            throw new RuleBrokenException("quota.exceeded", $"The organization's quota allows {most} members.");
    }
}
