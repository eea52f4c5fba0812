using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Campaigns;

/// <summary>The sender's postal address as mails carry it, or null where no sender was described.</summary>
[Requires("campaigns:read")]
internal sealed record GetPostalAddress : IQuery<string?>;

internal sealed class GetPostalAddressHandler(TenantDatabase database, CommandContext context)
    : IRequestHandler<GetPostalAddress, string?>
{
    public async Task<string?> Handle(GetPostalAddress query, CancellationToken cancellation)
    {
        var found = await database.Rows(
            context.Tenant,
            "select s.postal_address from sending.senders s",
            row => row.GetString(0),
            cancellation
        );
        return found.Count == 1 ? found[0] : null;
    }
}
