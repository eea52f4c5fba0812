using Npgsql;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>A connection of its own for exchanges with the send ledger, opened anew where it broke.</summary>
internal sealed class LedgerConnection(NpgsqlDataSource writer, int node) : IAsyncDisposable
{
    private NpgsqlConnection? _connection;

    /// <summary>One exchange, in one durable transaction; answers for each mail that is still this node's.</summary>
    public async Task<IReadOnlyDictionary<int, TryVerdict>> Run(
        DateTimeOffset now,
        IReadOnlyList<Outcome> outcomes,
        IReadOnlyList<QueuedMail> next,
        CancellationToken cancellation
    )
    {
        try
        {
            _connection ??= await Connect(cancellation);
            // Without an explicit transaction a batch is one.
            await using var batch = new NpgsqlBatch(_connection);
            ExchangeStatements.Add(batch, node, now, outcomes, next);
            var verdicts = new Dictionary<int, TryVerdict>();
            await using var reader = await batch.ExecuteReaderAsync(cancellation);
            do
            {
                while (await reader.ReadAsync(cancellation))
                    verdicts[reader.GetInt32(0)] = new TryVerdict((Permission)reader.GetInt32(1), reader.GetInt64(2));
            } while (await reader.NextResultAsync(cancellation));

            return verdicts;
        }
        catch
        {
            await Disconnect();
            throw;
        }
    }

    public async ValueTask DisposeAsync() => await Disconnect();

    /// <summary>
    /// Everything an exchange does is a look-up by key. Plans made while the tables were small would scan them until
    /// the next analyze, and most statements would be planned anew each time.
    /// </summary>
    private async Task<NpgsqlConnection> Connect(CancellationToken cancellation)
    {
        var connection = await writer.OpenConnectionAsync(cancellation);
        await using var settings = new NpgsqlCommand(
            "set enable_seqscan = off; set plan_cache_mode = force_generic_plan",
            connection
        );
        await settings.ExecuteNonQueryAsync(cancellation);
        return connection;
    }

    private async Task Disconnect()
    {
        if (_connection is null)
            return;

        try
        {
            // The pool gives it to others, who plan as usual.
            await using var settings = new NpgsqlCommand("reset enable_seqscan; reset plan_cache_mode", _connection);
            await settings.ExecuteNonQueryAsync();
        }
        catch (Exception broken) when (broken is NpgsqlException or InvalidOperationException or IOException)
        {
            // The pool does not keep a broken one.
        }

        await _connection.DisposeAsync();
        _connection = null;
    }
}
