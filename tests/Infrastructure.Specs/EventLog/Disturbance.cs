using System.Globalization;
using Npgsql;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.EventLog;

/// <summary>
/// Sessions that get in the way of the log: they hold its lock for a while, draw positions and roll back, and lock
/// rows that a commit wants to change.
/// </summary>
internal sealed class Disturbance : IAsyncDisposable
{
    private static readonly string HoldLock = $"select pg_advisory_xact_lock({BatchWriter.LockKey})";

    private static readonly string[] Ways =
    [
        HoldLock,
        $"""
            {HoldLock};
            insert into events.mt_events (seq_id, id, stream_id, version, data, type, tenant_id)
            select nextval('events.mt_events_sequence'), gen_random_uuid(), s.id, s.version + 1, '{"{}"}', 'never_was',
                s.tenant_id
            from events.mt_streams s
            """,
        "select c.id from backstage.contacts c order by random() limit 1 for update",
    ];

    private readonly CancellationTokenSource _stop = new();
    private readonly Task[] _sessions;

    public Disturbance(TestService service, int seed) =>
        _sessions = [.. Ways.Select((way, i) => Task.Run(() => Disturb(service, way, new Random(seed + i))))];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_sessions);
        _stop.Dispose();
    }

    private async Task Disturb(TestService service, string way, Random random)
    {
        await using var connection = await service.Installation.Administrator.OpenConnectionAsync();
        while (!_stop.IsCancellationRequested)
        {
            await using var transaction = await connection.BeginTransactionAsync();
            var seconds = (random.NextDouble() * 0.02).ToString(CultureInfo.InvariantCulture);
            await using var command = new NpgsqlCommand($"{way}; select pg_sleep({seconds})", connection);
            await command.ExecuteNonQueryAsync();
            await transaction.RollbackAsync();
            // Between two disturbances the log gets on.
            await Task.Delay(random.Next(30));
        }
    }
}
