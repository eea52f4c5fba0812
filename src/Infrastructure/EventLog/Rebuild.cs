using Npgsql;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// Makes the tables of a published schema anew from the log, beside the live ones, and then applies only the
/// difference, in one short transaction: live tables keep their rows' ids, keys, grants and policies, and readers see
/// the old state or the new one.
/// </summary>
public sealed class Rebuild
{
    private readonly Installation _installation;
    private readonly IReadOnlyList<IProjection> _projections;
    private readonly string _schema;
    private readonly string _shadow;

    /// <param name="schema">A published schema, such as <c>backstage</c>.</param>
    /// <exception cref="ArgumentException">No projection fills that schema.</exception>
    public Rebuild(Installation installation, string schema)
    {
        _installation = installation;
        _projections = [.. Projections.All.Where(projection => projection.Schema == schema)];
        if (_projections.Count == 0)
            throw new ArgumentException($"No published schema is named {schema}.", nameof(schema));

        _schema = schema;
        _shadow = $"{schema}_rebuild";
    }

    private IEnumerable<PublishedTable> Tables => _projections.SelectMany(projection => projection.Tables);

    /// <summary>
    /// Rebuilds; cancelled or killed it leaves the live tables as they were, and the next run starts over.
    /// </summary>
    /// <param name="progress">Told the number of events applied so far.</param>
    public async Task<RebuildResult> Run(CancellationToken cancellation, Action<long>? progress = null)
    {
        await using var owner = await _installation.Administrator.OpenConnectionAsync(cancellation);
        await Execute(owner, "select pg_advisory_lock(hashtextextended('schemahub rebuild', 0))", cancellation);
        await CreateShadow(owner, cancellation);
        try
        {
            var events = 0L;
            var follower = new ProjectionFollower(
                _installation.Writer,
                new LogScanner(_installation.Keys),
                _projections,
                _shadow,
                _shadow,
                fillsShadow: true
            );
            await follower.CatchUp(
                cancellation,
                read =>
                {
                    events += read;
                    progress?.Invoke(events);
                }
            );
            await FindDifferences(cancellation);
            var changed = await ApplyDifferences(follower, cancellation);
            return new RebuildResult(events, changed);
        }
        finally
        {
            await Execute(owner, $"drop schema if exists {_shadow} cascade", CancellationToken.None);
            await Execute(
                owner,
                $"delete from events.mt_event_progression where name = '{_shadow}'",
                CancellationToken.None
            );
            // A pooled connection keeps what its session locked until somebody else uses it.
            await Execute(owner, "select pg_advisory_unlock_all()", CancellationToken.None);
        }
    }

    private async Task CreateShadow(NpgsqlConnection owner, CancellationToken cancellation)
    {
        var tables = Tables.Select(table =>
            $"""
                create unlogged table {_shadow}.{table.Name} (like {_schema}.{table.Name} including defaults);
                alter table {_shadow}.{table.Name} add primary key ({table.Key});
                create unlogged table {_shadow}.{table.Name}_differs (key bigint primary key);
                """
        );
        await Execute(
            owner,
            $"""
            drop schema if exists {_shadow} cascade;
            delete from events.mt_event_progression where name = '{_shadow}';
            create schema {_shadow} authorization schemahub_owner;
            set role schemahub_owner;
            {string.Join('\n', tables)}
            {string.Join('\n', _projections.SelectMany(projection => projection.RebuildIndexes(_shadow)))}
            grant usage on schema {_shadow} to schemahub_writer;
            grant select, insert, update, delete on all tables in schema {_shadow} to schemahub_writer;
            reset role
            """,
            cancellation
        );
    }

    /// <summary>
    /// Keys of rows that differ, found without a lock. A row that is equal now stays equal: whatever happens to it
    /// after, the commit of the event and the follower do the same to both.
    /// </summary>
    private Task FindDifferences(CancellationToken cancellation) =>
        Task.WhenAll(
            Tables.Select(async table =>
            {
                await using var connection = await _installation.Writer.OpenConnectionAsync(cancellation);
                var columns = await Columns(connection, table, cancellation);
                // Both primary keys give the order, and rows lie in it. Hashed, both tables would go to disk and back.
                // Column by column: whole rows would be formed anew to be compared.
                await Execute(
                    connection,
                    $"""
                    set enable_hashjoin = off;
                    set enable_sort = off;
                    insert into {_shadow}.{table.Name}_differs (key)
                    select coalesce(l.{table.Key}, s.{table.Key})
                    from {_schema}.{table.Name} l
                    full join {_shadow}.{table.Name} s on s.{table.Key} = l.{table.Key}
                    where ({List("l", columns)}) is distinct from ({List("s", columns)});
                    reset enable_hashjoin;
                    reset enable_sort;
                    analyze {_shadow}.{table.Name}_differs
                    """,
                    cancellation
                );
            })
        );

    private static string List(string alias, IEnumerable<string> columns) =>
        string.Join(", ", columns.Select(column => $"{alias}.{column}"));

    private async Task<long> ApplyDifferences(ProjectionFollower follower, CancellationToken cancellation)
    {
        await using var connection = await _installation.Writer.OpenConnectionAsync(cancellation);
        await using var appends = await _installation.Writer.OpenConnectionAsync(cancellation);
        await using var nobodyAppends = await appends.BeginTransactionAsync(cancellation);
        await Execute(appends, $"select pg_advisory_xact_lock({BatchWriter.LockKey})", cancellation);
        await follower.CatchUp(cancellation);

        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var changed = 0L;
        foreach (var table in Tables.Reverse())
            changed += await Execute(connection, Delete(table), cancellation);

        foreach (var table in Tables)
        {
            var columns = await Columns(connection, table, cancellation);
            changed += await Execute(connection, Update(table, columns), cancellation);
            changed += await Execute(connection, Insert(table, columns), cancellation);
        }

        await transaction.CommitAsync(cancellation);
        return changed;
    }

    private string Delete(PublishedTable table) =>
        $"""
            delete from {_schema}.{table.Name} l
            using {_shadow}.{table.Name}_differs d
            where l.{table.Key} = d.key
                and not exists (select 1 from {_shadow}.{table.Name} s where s.{table.Key} = d.key)
            """;

    private string Update(PublishedTable table, IReadOnlyList<string> columns) =>
        $"""
            update {_schema}.{table.Name} l
            set {string.Join(", ", columns.Select(column => $"{column} = s.{column}"))}
            from {_shadow}.{table.Name} s
            join {_shadow}.{table.Name}_differs d on d.key = s.{table.Key}
            where l.{table.Key} = s.{table.Key} and l is distinct from s
            """;

    private string Insert(PublishedTable table, IReadOnlyList<string> columns) =>
        $"""
            insert into {_schema}.{table.Name} ({string.Join(", ", columns)})
            select {string.Join(", ", columns.Select(column => $"s.{column}"))}
            from {_shadow}.{table.Name} s
            join {_shadow}.{table.Name}_differs d on d.key = s.{table.Key}
            where not exists (select 1 from {_schema}.{table.Name} l where l.{table.Key} = s.{table.Key})
            """;

    private async Task<List<string>> Columns(
        NpgsqlConnection connection,
        PublishedTable table,
        CancellationToken cancellation
    )
    {
        await using var command = new NpgsqlCommand(
            """
            select quote_ident(a.attname)
            from pg_attribute a
            where a.attrelid = ($1 || '.' || $2)::regclass and a.attnum > 0 and not a.attisdropped
            order by a.attnum
            """,
            connection
        );
        command.Parameters.AddWithValue(_schema);
        command.Parameters.AddWithValue(table.Name);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var columns = new List<string>();
        while (await reader.ReadAsync(cancellation))
            columns.Add(reader.GetString(0));

        return columns;
    }

    private static async Task<long> Execute(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        return await command.ExecuteNonQueryAsync(cancellation);
    }
}

/// <summary>What a rebuild found.</summary>
/// <param name="Events">Read from the log.</param>
/// <param name="RowsMended">Live rows that were not what the log says.</param>
public sealed record RebuildResult(long Events, long RowsMended);

/// <summary>Every projection, parents before children.</summary>
internal static class Projections
{
    public static IReadOnlyList<IProjection> All { get; } =
    [new Identity.AccessProjection(), new Identity.UsersProjection(), new Contacts.ContactsProjection()];
}
