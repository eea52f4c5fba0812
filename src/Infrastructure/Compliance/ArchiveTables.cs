using Npgsql;
using SchemaHub.Application;
using SchemaHub.Domain.Compliance;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Compliance;

/// <summary>A table with rows of one person, and the columns of it that are shown.</summary>
internal sealed record ArchiveTable(string Name, IReadOnlyList<PersonalColumn> Columns, IReadOnlyList<PersonalLink> By);

/// <summary>Finds a person's rows, table by table, as the classification says.</summary>
/// <param name="everywhere">Over all organizations: for the person, not for one of them.</param>
internal sealed class ArchiveTables(
    Installation installation,
    string tenant,
    ArchiveSubject subject,
    PrivacyRight right,
    bool everywhere,
    CancellationToken cancellation
)
{
    // What queries may not select is not the organization's to hand out: secrets, and what is another's.
    private const string ReadableSql = """
        select format('%s.%s', c.oid::regclass, a.attname)
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relnamespace = any (array(
                select n.oid from pg_namespace n where n.nspname = any ($1)
            ))
            and c.relkind in ('r', 'p') and has_column_privilege(current_user, c.oid, a.attnum, 'select')
        """;

    private readonly NpgsqlDataSource _source = everywhere ? installation.Writer : installation.App;

    private readonly TenantDatabase _door = new(everywhere ? installation.Writer : installation.App);

    /// <summary>The tables that may hold rows of the person, in the order of the classification.</summary>
    public async Task<IReadOnlyList<ArchiveTable>> All()
    {
        var readable = await Readable();
        return
        [
            .. PersonalData
                .Columns.GroupBy(column => column.Table)
                .Select(table => new ArchiveTable(
                    table.Key,
                    [.. table.Where(column => readable.Contains($"{column.Table}.{column.Column}") && IsShown(column))],
                    [
                        .. PersonalData.Links.Where(link =>
                            link.Table == table.Key && subject.Is(link.Whose) && subject.Condition(link) is not null
                        ),
                    ]
                ))
                .Where(table => table.By.Count > 0 && table.Columns.Count > 0),
        ];
    }

    /// <summary>The rows of the person in a table, each as JSON, one by one.</summary>
    public async IAsyncEnumerable<string> Rows(ArchiveTable table)
    {
        var columns = string.Join(", ", table.Columns.Select(column => $"t.\"{column.Column}\""));
        foreach (var link in table.By)
        {
            var (condition, values) = subject.Condition(link)!.Value;
            var sql = $"select to_jsonb(r)::text from (select {columns} from {table.Name} t where {condition}) r";
            await foreach (
                var row in _door.Stream(
                    everywhere ? Tenant.System : tenant,
                    sql,
                    row => row.GetString(0),
                    cancellation,
                    values
                )
            )
                yield return row;
        }
    }

    // Art. 20 is about what the person provided, which what was observed of them is part of; what we made of it is not.
    private bool IsShown(PersonalColumn column) =>
        column.Origin != "secret"
        && (right == PrivacyRight.Access || column is { IsPersonal: true, Origin: "provided" or "observed" });

    private async Task<HashSet<string>> Readable() =>
        (
            await _source.Rows(
                ReadableSql,
                row => row.GetString(0),
                cancellation,
                new NpgsqlParameter<string[]> { TypedValue = [.. installation.Schemas, "access", "sending"] }
            )
        ).ToHashSet(StringComparer.Ordinal);
}
