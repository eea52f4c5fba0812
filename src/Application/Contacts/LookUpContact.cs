using FluentValidation;
using MediatR;
using Npgsql;
using SchemaHub.Application.Access;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>
/// The contact of an address, also of an erased person: who presents the address finds the evidence, and nobody else.
/// </summary>
[Requires("contacts:read")]
public sealed record LookUpContact(string Email) : IQuery<FoundContact>;

internal sealed class LookUpContactValidator : AbstractValidator<LookUpContact>
{
    public LookUpContactValidator() => RuleFor(query => query.Email).EmailAddress();
}

internal sealed class LookUpContactHandler(TenantDatabase database, IKeyedIds ids, CommandContext context)
    : IRequestHandler<LookUpContact, FoundContact>
{
    // By the stream's id, the keyed hash of the address: row-level security keeps lower(email) from using an index.
    private const string Sql = $"""
        select {PublishedContact.Columns}, s.version
        from events.mt_streams s
        join events.streams n on n.tenant_id = s.tenant_id and n.id = s.id
        join backstage.contacts c on c.id = n.number
        where s.id = $1
        """;

    public async Task<FoundContact> Handle(LookUpContact query, CancellationToken cancellation)
    {
        var stream = ids.OfContact(context.Tenant, EmailAddress.Parse(query.Email));
        var found = await database.Rows(
            context.Tenant,
            Sql,
            PublishedContact.ReadWithVersion,
            cancellation,
            new NpgsqlParameter<Guid> { TypedValue = stream }
        );
        return found.Count == 1 ? found[0] : throw new NotFoundException("contact");
    }
}
