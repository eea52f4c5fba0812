using Npgsql;
using SchemaHub.Application;
using SchemaHub.Domain.Compliance;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Compliance;

/// <summary>Whom an archive is about, under all the ids that tables know them by.</summary>
/// <param name="Id">Their stream.</param>
/// <param name="Number">The integer id; null where nothing was ever known of them.</param>
/// <param name="Email">Null where nothing is known of them, and once they were erased.</param>
/// <param name="Organizations">Where rows may be theirs by the address alone: those they belong or belonged to.</param>
internal sealed record ArchiveSubject(
    SubjectKind Kind,
    Guid Id,
    long? Number,
    string? Email,
    IReadOnlyList<Guid> Organizations
)
{
    private const string Joined = "select j.organization_id from access.joined_organizations j where j.user_id = $1";

    private const string OfContact = """
        select c.id::bigint, case when c.unsubscribe_token is not null then c.email end
        from events.streams s
        join backstage.contacts c on c.id = s.number
        where s.tenant_id = $1 and s.id = $2
        """;

    private const string OfUser = """
        select u.number::bigint, case when u.removed_at is null then u.email end
        from access.users u
        where $1 <> '' and u.id = $2
        """;

    public static async Task<ArchiveSubject> Find(
        Installation installation,
        string tenant,
        PrivacySubject about,
        CancellationToken cancellation
    )
    {
        var organizations = Guid.TryParse(tenant, out var organization)
            ? [organization]
            : await installation.Writer.Rows(
                Joined,
                row => row.GetGuid(0),
                cancellation,
                ArchiveStore.Id(about.Stream)
            );
        await using var command = installation.Writer.CreateCommand(
            about.Kind == SubjectKind.Contact ? OfContact : OfUser
        );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenant });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = about.Stream });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation)
            ? new ArchiveSubject(
                about.Kind,
                about.Stream,
                reader.GetInt64(0),
                reader.IsDBNull(1) ? null : reader.GetString(1),
                organizations
            )
            : new ArchiveSubject(about.Kind, about.Stream, Number: null, Email: null, organizations);
    }

    /// <summary>The condition of a link with its values; null where it asks for what is not known.</summary>
    public (string Sql, NpgsqlParameter[] Values)? Condition(PersonalLink link)
    {
        if (link.Condition is not { } sql)
            return null;

        // A table knows a person under one kind of id; what is compared with it is of its type.
        if (sql.Contains("{id}", StringComparison.Ordinal))
            return (sql.Replace("{id}", "$1", StringComparison.Ordinal), [ArchiveStore.Id(Id)]);

        if (sql.Contains("{cuid}", StringComparison.Ordinal))
            return (
                sql.Replace("{cuid}", "$1", StringComparison.Ordinal),
                [new NpgsqlParameter<string> { TypedValue = Cuid.Of(Id) }]
            );

        if (sql.Contains("{number}", StringComparison.Ordinal))
            return Number is { } number
                ? (
                    sql.Replace("{number}", "$1", StringComparison.Ordinal),
                    [new NpgsqlParameter<int> { TypedValue = checked((int)number) }]
                )
                : null;

        return Email is { } email
            ? (
                sql.Replace("{email}", "$1", StringComparison.Ordinal)
                    .Replace("{organizations}", "$2", StringComparison.Ordinal),
                [new NpgsqlParameter<string> { TypedValue = email }, Organizations.ToList().Column()]
            )
            : null;
    }

    /// <summary>Whether rows of this kind of person are rows of this one.</summary>
    public bool Is(string whose) =>
        whose switch
        {
            "contact" => Kind == SubjectKind.Contact,
            "user" => Kind == SubjectKind.User,
            // Whoever bears the address.
            _ => true,
        };
}
