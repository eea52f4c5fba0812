using FluentValidation;
using MediatR;
using Npgsql;
using NpgsqlTypes;
using SchemaHub.Application.Access;

namespace SchemaHub.Application.Contacts;

/// <summary>The contacts on the list in the order in which they came. Erased ones are not on it any more.</summary>
/// <param name="Limit">1 to 200.</param>
/// <param name="After">The id of the last contact of the page before.</param>
/// <param name="Subscribed">Only those who may, or may not, be sent the newsletter.</param>
/// <param name="Email">Only the one with this address, whatever its case.</param>
[Requires("contacts:read")]
public sealed record ListContacts(int Limit = 50, long After = 0, bool? Subscribed = null, string? Email = null)
    : IQuery<Page<PublishedContact>>;

/// <summary>A part of a list.</summary>
/// <param name="Next">The id after which the next page begins, or null at the end.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, long? Next)
{
    /// <summary>The most that a page holds.</summary>
    public const int MostItems = 200;

    /// <summary>Of rows that were asked for with one more than the page holds.</summary>
    internal static Page<T> Of(List<T> rows, int limit, Func<T, long> id)
    {
        if (rows.Count <= limit)
            return new Page<T>(rows, Next: null);

        rows.RemoveRange(limit, rows.Count - limit);
        return new Page<T>(rows, id(rows[^1]));
    }
}

internal sealed class ListContactsValidator : AbstractValidator<ListContacts>
{
    public ListContactsValidator()
    {
        RuleFor(query => query.Limit).InclusiveBetween(1, Page<PublishedContact>.MostItems);
        RuleFor(query => query.Email).EmailAddress().When(query => query.Email is not null);
    }
}

internal sealed class ListContactsHandler(TenantDatabase database, IMediator mediator, CommandContext context)
    : IRequestHandler<ListContacts, Page<PublishedContact>>
{
    // In the order of idx_contacts_organization_id_id, which is of the id as bigint: the primary key cannot serve that
    // order, and so is not tempting. By the primary key, the last page of one organization would walk through the
    // contacts of all the others.
    private const string Sql = $"""
        select {PublishedContact.Columns}
        from backstage.contacts c
        where c.id::bigint > $1 and c.unsubscribe_token is not null and ($2::boolean is null or c.subscribed = $2)
        order by c.id::bigint
        limit $3
        """;

    public async Task<Page<PublishedContact>> Handle(ListContacts query, CancellationToken cancellation)
    {
        if (query.Email is not null)
            return new Page<PublishedContact>(await OfAddress(query, query.Email, cancellation), Next: null);

        var rows = await database.Rows(
            context.Tenant,
            Sql,
            PublishedContact.Read,
            cancellation,
            new NpgsqlParameter<long> { TypedValue = query.After },
            new NpgsqlParameter
            {
                NpgsqlDbType = NpgsqlDbType.Boolean,
                Value = (object?)query.Subscribed ?? DBNull.Value,
            },
            new NpgsqlParameter<int> { TypedValue = query.Limit + 1 }
        );
        return Page<PublishedContact>.Of(rows, query.Limit, contact => contact.Id);
    }

    private async Task<IReadOnlyList<PublishedContact>> OfAddress(
        ListContacts query,
        string email,
        CancellationToken cancellation
    )
    {
        try
        {
            var contact = (await mediator.Send(new LookUpContact(email), cancellation)).Contact;
            var isListed = !contact.Erased && contact.Id > query.After;
            return isListed && (query.Subscribed ?? contact.Subscribed) == contact.Subscribed ? [contact] : [];
        }
        catch (NotFoundException)
        {
            return [];
        }
    }
}
