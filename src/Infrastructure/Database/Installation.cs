using System.Globalization;
using Marten;
using Npgsql;
using SchemaHub.Infrastructure.Campaigns;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Identity;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Infrastructure.Database;

/// <summary>
/// A database, its keys and its journal, that were found to belong together. Whatever does not fit refuses to open,
/// with a message that says what to do, and changes nothing.
/// </summary>
public sealed class Installation : IAsyncDisposable
{
    private Installation(
        KeyRing keys,
        Journal journal,
        NpgsqlDataSource administrator,
        NpgsqlDataSource writer,
        NpgsqlDataSource app
    )
    {
        Keys = keys;
        Journal = journal;
        Administrator = administrator;
        Writer = writer;
        App = app;
        Notices = new AccessNotices(keys);
    }

    /// <summary>The installation's keys.</summary>
    public KeyRing Keys { get; }

    /// <summary>The journal outside the database.</summary>
    public Journal Journal { get; }

    /// <summary>Makes and watches readers, makes roles, rebuilds; answers no request.</summary>
    public NpgsqlDataSource Administrator { get; }

    /// <summary>The administrator's connection with its password, for other databases of the server.</summary>
    internal string AdministratorConnection { get; private init; } = "";

    /// <summary>Appends, projections, jobs over tenants.</summary>
    public NpgsqlDataSource Writer { get; }

    /// <summary>Queries, each under one tenant.</summary>
    public NpgsqlDataSource App { get; }

    /// <summary>A connection of the writer's that stays open, to hear what nodes tell each other.</summary>
    public NpgsqlDataSource Listener { get; private init; } = null!;

    /// <summary>Connections of the writer's that append to the log: each is set for that and not pooled.</summary>
    internal NpgsqlDataSource Appender { get; private init; } = null!;

    /// <summary>The log as Marten's store, for its writer.</summary>
    internal IDocumentStore Log { get; private init; } = null!;

    /// <summary>What nodes tell each other about access.</summary>
    internal AccessNotices Notices { get; }

    /// <summary>The published schemas that are on, <see cref="PublishedSchemas"/>.</summary>
    public IReadOnlyList<string> Schemas { get; private init; } = PublishedSchemas.All;

    /// <summary>What was replayed from the journal when this was opened, if anything.</summary>
    public JournalReplayResult? Replayed { get; private set; }

    /// <summary>Brings the schema up to date and opens.</summary>
    /// <param name="administrator">Who may make roles and schemas.</param>
    /// <param name="keysDirectory">Where keys and journal lie, or are made beside a fresh database.</param>
    /// <param name="restoring">Opens a database that is behind its journal, to replay the journal.</param>
    /// <param name="schemas">The published schemas that are on; all where null.</param>
    /// <param name="patience">How long another program's start is waited for; a minute where null.</param>
    /// <exception cref="KeysException">Keys are missing or not this database's.</exception>
    /// <exception cref="JournalException">The journal is missing, shorter or further than the database.</exception>
    /// <exception cref="StartBlockedException">Another program starts and does not end; it is named.</exception>
    public static async Task<Installation> Open(
        NpgsqlConnectionStringBuilder administrator,
        string keysDirectory,
        CancellationToken cancellation,
        bool restoring = false,
        IReadOnlyList<string>? schemas = null,
        TimeSpan? patience = null
    )
    {
        var on = PublishedSchemas.Parse(schemas);
        var wait = patience ?? StartLock.Patience;
        var source = NpgsqlDataSource.Create(administrator);
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancellation);
            var known = await ReadFingerprints(connection, cancellation);
            var keys = OpenKeys(keysDirectory, known);
            var journal = OpenJournal(keysDirectory, known);
            var missing = await Compare(connection, journal, keys, known.Count == 0, restoring, wait, cancellation);

            // Whatever does not fit was refused by now; from here on things change.
            await Roles.Ensure(administrator, keys, wait, cancellation);
            await Migrator.Migrate(administrator, connection, on, wait, cancellation);
            if (known.Count == 0)
                await WriteFingerprints(connection, keys, cancellation);

            var appender = WriterSession.Source(ServiceConnections.OfWriter(administrator, keys));
            var installation = new Installation(
                keys,
                journal,
                source,
                NpgsqlDataSource.Create(ServiceConnections.OfWriter(administrator, keys)),
                NpgsqlDataSource.Create(ServiceConnections.OfApp(administrator, keys))
            )
            {
                Schemas = on,
                AdministratorConnection = administrator.ConnectionString,
                Listener = NpgsqlDataSource.Create(ServiceConnections.OfListener(administrator, keys)),
                Appender = appender,
                Log = LogStore.OfWriter(appender),
            };
            try
            {
                await PublishedSchemas.Switch(installation, cancellation);
                await installation.MeetJournal(missing, cancellation);
            }
            catch
            {
                await installation.DisposeAsync();
                throw;
            }

            return installation;
        }
        catch
        {
            await source.DisposeAsync();
            throw;
        }
    }

    private async Task MeetJournal(IReadOnlyList<JournalEntry> missing, CancellationToken cancellation)
    {
        // First and by itself: whatever of the rest is interrupted, nothing acts before an operator says so.
        if (await JournalReplay.IsRestored(this, missing, cancellation))
            await RestoreHolds.Hold(this, cancellation);

        if (missing.Count > 0)
            Replayed = await JournalReplay.Run(this, missing, cancellation);

        await JournalReplay.Recognize(this, cancellation);
    }

    /// <summary>Begins the session that writes one batch of the log.</summary>
    internal IBatchSession BeginBatch(NpgsqlTransaction transaction) => new BatchSession(Log, transaction);

    /// <summary>How a login of this database connects.</summary>
    internal string ConnectionOf(string login, string password)
    {
        var own = new NpgsqlConnectionStringBuilder(Administrator.ConnectionString);
        return new NpgsqlConnectionStringBuilder
        {
            Host = own.Host,
            Port = own.Port,
            Database = own.Database,
            Username = login,
            Password = password,
        }.ConnectionString;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Log.Dispose();
        await Listener.DisposeAsync();
        await Appender.DisposeAsync();
        await Writer.DisposeAsync();
        await App.DisposeAsync();
        await Administrator.DisposeAsync();
    }

    private static Journal OpenJournal(string directory, Dictionary<string, byte[]> known) =>
        known.Count == 0 || Journal.Exists(directory)
            ? Journal.Open(directory)
            : throw new JournalException(
                $"There is no journal in {directory}, where this database's keys are. Bring it back from its backup."
            );

    private static KeyRing OpenKeys(string directory, Dictionary<string, byte[]> known)
    {
        if (!KeyRing.Exists(directory))
        {
            if (known.Count > 0)
                throw new KeysException(
                    $"This database was made with keys that are not in {directory}. Point "
                        + "SCHEMAHUB_KEYS to them, or bring them back from their backup: new keys "
                        + "cannot read it, and are not made."
                );

            return Journal.Exists(directory)
                ? throw new KeysException($"{directory} holds a journal without its keys. Bring them back together.")
                : KeyRing.Create(directory);
        }

        var keys = KeyRing.Open(directory);
        foreach (var (name, fingerprint) in known)
        {
            if (!keys.Fingerprints.TryGetValue(name, out var ours) || !ours.AsSpan().SequenceEqual(fingerprint))
                throw new KeysException($"The {name} key in {directory} is not the one this database was made with.");
        }

        return keys;
    }

    /// <summary>What the journal holds and the database does not.</summary>
    private static async Task<IReadOnlyList<JournalEntry>> Compare(
        NpgsqlConnection connection,
        Journal journal,
        KeyRing keys,
        bool isFresh,
        bool restoring,
        TimeSpan patience,
        CancellationToken cancellation
    )
    {
        if (journal.Installation is { } owner && owner != keys.InstallationId)
            throw new JournalException(
                $"The journal in {keys.Directory} is another installation's. Bring the right one back."
            );

        // Under the log's lock no other node is between its journal entry and its commit.
        await StartLock.Take(connection, BatchWriter.LockKey, "the log", patience, cancellation);
        try
        {
            var number = isFresh ? 0 : await JournalNumbers.Read(connection, cancellation);
            journal.CatchUp();
            journal.EnsureReaches(number, keys.Directory);

            if (journal.LastNumber == number)
                return [];

            // One number is a crash between the journal and the commit: what the person asked for is done now.
            var missing = journal.ReadAfter(number);
            return Journal.IsRestored(missing) && !restoring
                ? throw new JournalException(
                    "The database is behind its journal: it was restored from a backup. Nobody is served before the "
                        + "withdrawals, suppressions and erasures since are in it again: "
                        + "run `schemahub restore reapply`."
                )
                : missing;
        }
        finally
        {
            await StartLock.Release(connection, BatchWriter.LockKey);
        }
    }

    private static async Task<Dictionary<string, byte[]>> ReadFingerprints(
        NpgsqlConnection connection,
        CancellationToken cancellation
    )
    {
        var known = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        await using (
            var find = new NpgsqlCommand("select to_regclass('events.key_fingerprints') is not null", connection)
        )
        {
            if (await find.ExecuteScalarAsync(cancellation) is not true)
                return known;
        }

        await using var command = new NpgsqlCommand(
            "select name, fingerprint from events.key_fingerprints",
            connection
        );
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            known[reader.GetString(0)] = reader.GetFieldValue<byte[]>(1);

        return known;
    }

    private static async Task WriteFingerprints(
        NpgsqlConnection connection,
        KeyRing keys,
        CancellationToken cancellation
    )
    {
        await using var command = new NpgsqlCommand(
            """
            insert into events.key_fingerprints (name, fingerprint)
            select u.name, u.fingerprint from unnest($1, $2) as u (name, fingerprint)
            on conflict (name) do nothing
            """,
            connection
        );
        command.Parameters.AddWithValue(keys.Fingerprints.Keys.ToArray());
        command.Parameters.AddWithValue(keys.Fingerprints.Values.ToArray());
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
