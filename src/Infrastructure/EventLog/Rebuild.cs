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
    private const long LockKey = 0x5348_5245_4255; // "SHREBU"

    private const string AccessSchema = "access";

    private readonly Installation _installation;
    private readonly IReadOnlyList<IProjection> _projections;
    private readonly string _schema;
    private readonly string _shadow;

    /// <param name="schema">A published schema, such as <c>backstage</c>.</param>
    /// <exception cref="ArgumentException">No projection fills that schema.</exception>
    public Rebuild(Installation installation, string schema)
    {
        _installation = installation;
        _projections = [.. Projections.Of(installation).Where(projection => projection.Schema == schema)];
        if (_projections.Count == 0)
            throw new ArgumentException(
                $"No published schema is named {schema}, or it is switched off.",
                nameof(schema)
            );

        _schema = schema;
        _shadow = $"{schema}_rebuild";
    }

    /// <summary>
    /// The schemas that are on and filled from the log; the service's own first, since others look there.
    /// </summary>
    public static IReadOnlyList<string> SchemasOf(Installation installation) =>
        [.. Projections.Of(installation).Select(projection => projection.Schema).Distinct()];

    private IEnumerable<PublishedTable> Tables => _projections.SelectMany(projection => projection.Tables);

    /// <summary>
    /// Rebuilds; cancelled or killed it leaves the live tables as they were, and the next run starts over.
    /// </summary>
    /// <param name="progress">Told the number of events applied so far.</param>
    public async Task<RebuildResult> Run(CancellationToken cancellation, Action<long>? progress = null) =>
        (await Run(onlyIfOwed: false, progress, cancellation))!;

    /// <summary>Rebuilds unless another node has just done so.</summary>
    internal Task RunIfOwed(CancellationToken cancellation) => Run(onlyIfOwed: true, progress: null, cancellation);

    private async Task<RebuildResult?> Run(bool onlyIfOwed, Action<long>? progress, CancellationToken cancellation)
    {
        await using var owner = await _installation.Administrator.OpenConnectionAsync(cancellation);
        await StartLock.Take(owner, LockKey, "rebuilding", StartLock.Patience, cancellation);
        try
        {
            return onlyIfOwed && !await OwedRebuilds.IsOwed(owner, _schema, cancellation)
                ? null
                : await RunLocked(owner, progress, cancellation);
        }
        finally
        {
            // A pooled connection keeps what its session locked until somebody else uses it.
            await StartLock.Release(owner, LockKey);
        }
    }

    private async Task<RebuildResult> RunLocked(
        NpgsqlConnection owner,
        Action<long>? progress,
        CancellationToken cancellation
    )
    {
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
            Interruption.At($"compared {_schema}");
            var changed = await ApplyDifferences(follower, cancellation);
            await OwedRebuilds.Done(_installation, _schema, cancellation);
            return new RebuildResult(events, changed);
        }
        finally
        {
            await Execute(owner, $"drop schema if exists {_shadow} cascade", CancellationToken.None);
            await Execute(owner, $"delete from events.followers where name = '{_shadow}'", CancellationToken.None);
        }
    }

    private async Task CreateShadow(NpgsqlConnection owner, CancellationToken cancellation)
    {
        var tables = Tables.Select(table => new RebuildStatements(table, _schema, _shadow).CreateShadow());
        await Execute(
            owner,
            $"""
            drop schema if exists {_shadow} cascade;
            delete from events.followers where name = '{_shadow}';
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
    private async Task FindDifferences(CancellationToken cancellation)
    {
        await using var connection = await _installation.Writer.OpenConnectionAsync(cancellation);
        var two = new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = cancellation };
        await Parallel.ForEachAsync(
            await Statements(connection, cancellation),
            two,
            async (table, cancellation) => await FindDifferences(table, cancellation)
        );
    }

    private async Task FindDifferences(RebuildStatements table, CancellationToken cancellation)
    {
        await using var connection = await _installation.Writer.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        // Both primary keys give the order. Hashed, both tables would go to disk and back.
        await Execute(connection, "set local enable_hashjoin = off; set local enable_sort = off", cancellation);
        await Execute(connection, table.FindDifferences(), cancellation);
        await transaction.CommitAsync(cancellation);
    }

    private async Task<long> ApplyDifferences(ProjectionFollower follower, CancellationToken cancellation)
    {
        await using var connection = await _installation.Writer.OpenConnectionAsync(cancellation);
        await using var appends = await _installation.Writer.OpenConnectionAsync(cancellation);
        await using var nobodyAppends = await appends.BeginTransactionAsync(cancellation);
        await Execute(appends, $"select pg_advisory_xact_lock({BatchWriter.LockKey})", cancellation);
        await follower.CatchUp(cancellation);

        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var changed = 0L;
        var tables = await Statements(connection, cancellation);
        foreach (var table in tables.Reverse())
            changed += await Execute(connection, table.Delete(), cancellation);

        foreach (var table in tables)
        {
            changed += await Execute(connection, table.Update(), cancellation);
            changed += await Execute(connection, table.Insert(), cancellation);
        }

        // Rows that were missing lack what is not from the log, too.
        foreach (var refill in Tables.Select(table => table.Refill).OfType<string>())
            await Execute(connection, refill, cancellation);

        // Whatever nodes remember of callers may have been mended.
        if (_schema == AccessSchema)
            await Execute(connection, _installation.Notices.Everything(), cancellation);

        await transaction.CommitAsync(cancellation);
        return changed;
    }

    private async Task<IReadOnlyList<RebuildStatements>> Statements(
        NpgsqlConnection connection,
        CancellationToken cancellation
    )
    {
        var statements = new List<RebuildStatements>();
        foreach (var table in Tables)
            statements.Add(
                new RebuildStatements(table, _schema, _shadow)
                {
                    Columns = await Columns(connection, table, cancellation),
                }
            );

        return statements;
    }

    private async Task<List<(string Name, bool IsJson)>> Columns(
        NpgsqlConnection connection,
        PublishedTable table,
        CancellationToken cancellation
    )
    {
        await using var command = new NpgsqlCommand(
            """
            select quote_ident(a.attname), a.atttypid = 'json'::regtype
            from pg_attribute a
            where a.attrelid = ($1 || '.' || $2)::regclass and a.attnum > 0 and not a.attisdropped
                and a.attname <> all ($3)
            order by a.attnum
            """,
            connection
        );
        command.Parameters.AddWithValue(_schema);
        command.Parameters.AddWithValue(table.Name);
        command.Parameters.AddWithValue(table.Unlogged.ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var columns = new List<(string, bool)>();
        while (await reader.ReadAsync(cancellation))
            columns.Add((reader.GetString(0), reader.GetBoolean(1)));

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

/// <summary>
/// Every projection, parents before children; the service's own tables first, since others look there.
/// </summary>
internal static class Projections
{
    /// <summary>Those of the service's own tables, and of the published schemas that are on.</summary>
    public static IReadOnlyList<IProjection> Of(Installation installation) =>
        [
            .. Make(installation.Notices)
                .Where(projection =>
                    !PublishedSchemas.All.Contains(projection.Schema)
                    || installation.Schemas.Contains(projection.Schema)
                ),
        ];

    /// <summary>Those of every schema; nobody is told of changes of access.</summary>
    public static IReadOnlyList<IProjection> All { get; } = Make(notices: null);

    private static IProjection[] Make(Identity.AccessNotices? notices) =>
        [
            new Identity.AccessProjection(notices),
            new Identity.SessionsProjection(),
            new Identity.InvitationsProjection(),
            new Compliance.AccessAuditProjection(),
            new Compliance.PrivacyRequestsProjection(),
            new Identity.BackstageProjection(),
            new Identity.BackstageSessionsProjection(),
            new Campaigns.SendersProjection(),
            new Campaigns.TemplatesProjection(),
            new Contacts.ContactsProjection(),
            new Contacts.RestrictionsProjection(),
            new Campaigns.CampaignsProjection(),
            new Campaigns.CampaignDetailsProjection(),
            new Identity.SaasRolesProjection(),
            new Identity.SaasTeamsProjection(),
            new Identity.SaasInvitationsProjection(),
            new Identity.SnorqProjection(),
            new Identity.PodcastProjection(),
            new Identity.PodcastMembersProjection(),
            new Compliance.PodcastAuditProjection(),
            new Compliance.PodcastPrivacyProjection(),
            new Identity.SmarthubProjection(),
            new Identity.SmarthubSessionsProjection(),
            new Compliance.SmarthubAuditProjection(),
            .. Records.RecordsProjection.All,
        ];
}
