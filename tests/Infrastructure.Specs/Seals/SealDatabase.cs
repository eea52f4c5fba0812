using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SchemaHub.Infrastructure.Seals;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Seals;

/// <summary>
/// An installation of its own, in which sealing is done by the service's login as always, and a way to append events
/// that say nothing.
/// </summary>
internal sealed class SealDatabase : IAsyncDisposable
{
    private readonly TestService _service;
    private readonly Dictionary<(string, Guid), long> _versions = [];

    private SealDatabase(TestService service)
    {
        _service = service;
        Key = PemSealKey.Open(Keys);
    }

    /// <summary>As the service's writer: what it may not do, sealing may not need.</summary>
    public NpgsqlDataSource Source => _service.Installation.Writer;

    public string Keys => _service.Installation.Keys.Directory;

    public PemSealKey Key { get; }

    public static async Task<SealDatabase> Create() => new(await TestService.Create());

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
        await using (var order = new NpgsqlCommand("select pg_advisory_xact_lock(1)", connection))
            await order.ExecuteNonQueryAsync();
        await Write(
            connection,
            """
            insert into events.mt_streams (tenant_id, id, type, version)
            select tenant_id, stream_id, 'contact', max(version)
            from unnest($1, $2, $3) as e (tenant_id, stream_id, version)
            group by tenant_id, stream_id
            on conflict (tenant_id, id) do update set version = excluded.version
            """,
            events,
            versions
        );
        await Write(
            connection,
            """
            insert into events.mt_events (seq_id, id, stream_id, version, data, type, timestamp, tenant_id)
            select nextval('events.mt_events_sequence'), gen_random_uuid(), stream_id, version,
                jsonb_build_object('email', 'anna' || version || '@exämple.org', 'amount', 1.50 * version),
                'contact_changed', timestamptz '2026-03-01 12:00:00.123456Z' + version * interval '1 minute', tenant_id
            from unnest($1, $2, $3) with ordinality as e (tenant_id, stream_id, version, place)
            order by place
            """,
            events,
            versions
        );
        await transaction.CommitAsync();
    }

    /// <summary>As a superuser, who can do anything.</summary>
    public Task<int> Execute(string sql) => _service.Execute(sql);

    /// <summary>As a superuser, who can see anything.</summary>
    public Task<T> Scalar<T>(string sql) => _service.Scalar<T>(sql);

    public async ValueTask DisposeAsync()
    {
        Key.Dispose();
        await _service.DisposeAsync();
    }

    private static async Task Write(
        NpgsqlConnection connection,
        string sql,
        (string Tenant, Guid Stream)[] events,
        long[] versions
    )
    {
        await using var command = new NpgsqlCommand(sql, connection)
        {
            Parameters =
            {
                new() { Value = events.Select(e => e.Tenant).ToArray() },
                new() { Value = events.Select(e => e.Stream).ToArray() },
                new() { Value = versions },
            },
        };
        await command.ExecuteNonQueryAsync();
    }
}
