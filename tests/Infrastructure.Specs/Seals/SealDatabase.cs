using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SchemaHub.Infrastructure.Seals;

namespace SchemaHub.Infrastructure.Specs.Seals;

/// <summary>
/// A database of its own with the log's tables and the seals', a signing key, and a way to append events.
/// </summary>
internal sealed class SealDatabase : IAsyncDisposable
{
    private readonly string _server;
    private readonly string _name;
    private readonly Dictionary<(string, Guid), long> _versions = [];

    private SealDatabase(string server, string name)
    {
        (_server, _name) = (server, name);
        ConnectionString = new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString;
        Source = NpgsqlDataSource.Create(ConnectionString);
        Keys = Directory.CreateTempSubdirectory("seal").FullName;
        Key = PemSealKey.Create(Keys);
    }

    public string ConnectionString { get; }

    public NpgsqlDataSource Source { get; }

    public string Keys { get; }

    public PemSealKey Key { get; }

    public static async Task<SealDatabase> Create()
    {
        if (Environment.GetEnvironmentVariable("SCHEMAHUB_TEST_DATABASE") is not { Length: > 0 } server)
        {
            Assert.Ignore("SCHEMAHUB_TEST_DATABASE names no server.");
            throw new InvalidOperationException("Unreachable: the spec is ignored.");
        }

        var name = "seals_" + Guid.CreateVersion7().ToString("n");
        await using (var admin = NpgsqlDataSource.Create(server))
            await Execute(admin, $"create database {name}");

        var database = new SealDatabase(server, name);
        await database.Execute(LogTables);
        await using var migration = typeof(Sealer).Assembly.GetManifestResourceStream("events/0002_seals.sql")!;
        using var reader = new StreamReader(migration);
        await database.Execute(await reader.ReadToEndAsync());
        return database;
    }

    public Sealer Sealer(int batchSize = 10_000) =>
        new(Source, Key, TimeProvider.System, NullLogger<Sealer>.Instance, new SealerOptions { BatchSize = batchSize });

    public ProofBuilder Proofs() => new(Source, Sealer());

    public WitnessDelivery Delivery(params IWitness[] witnesses) =>
        new(Source, witnesses, TimeProvider.System, NullLogger<WitnessDelivery>.Instance);

    /// <summary>
    /// Appends events to the streams named, in that order, in one transaction as the log's writer does.
    /// </summary>
    public async Task Append(params (string Tenant, Guid Stream)[] events)
    {
        var versions = events.Select(e => _versions[e] = _versions.GetValueOrDefault(e) + 1).ToArray();
        await using var connection = await Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand(
            """
            insert into events.mt_events (seq_id, id, stream_id, version, data, type, timestamp, tenant_id)
            select nextval('events.mt_events_sequence'), gen_random_uuid(), stream_id, version,
                jsonb_build_object('email', 'anna' || version || '@exämple.org', 'amount', 1.50 * version),
                'contact_changed', timestamptz '2026-03-01 12:00:00.123456Z' + version * interval '1 minute', tenant_id
            from unnest($1, $2, $3) with ordinality as e (tenant_id, stream_id, version, place)
            order by place
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = events.Select(e => e.Tenant).ToArray() },
                new() { Value = events.Select(e => e.Stream).ToArray() },
                new() { Value = versions },
            },
        };
        await using (var order = new NpgsqlCommand("select pg_advisory_xact_lock(1)", connection))
            await order.ExecuteNonQueryAsync();
        await command.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
    }

    public Task Execute(string sql) => Execute(Source, sql);

    public async Task<T> Scalar<T>(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        Key.Dispose();
        Directory.Delete(Keys, recursive: true);
        await Source.DisposeAsync();
        await using var admin = NpgsqlDataSource.Create(_server);
        await Execute(admin, $"drop database {_name} with (force)");
    }

    private static async Task Execute(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private const string LogTables = """
        create schema events;
        create sequence events.mt_events_sequence;
        create table events.mt_events (
            seq_id bigint not null primary key, id uuid not null, stream_id uuid, version bigint not null,
            data jsonb not null, bdata bytea, type varchar(500) not null, timestamp timestamptz not null,
            tenant_id varchar default '*DEFAULT*', mt_dotnet_type varchar, correlation_id varchar,
            causation_id varchar, headers jsonb, is_archived boolean default false,
            unique (tenant_id, stream_id, version)
        );
        create table events.mt_event_progression (
            name varchar not null primary key, last_seq_id bigint, last_updated timestamptz
        );
        """;
}
