using Npgsql;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// This process among those that send: a number, and a lock of that number held by a connection of its own. The lock
/// goes with the process, however it dies; others then take over what it had in hand.
/// </summary>
internal sealed class NodeIdentity : IAsyncDisposable
{
    private readonly NpgsqlDataSource _writer;
    private NpgsqlConnection? _connection;

    private NodeIdentity(NpgsqlDataSource writer, int number) => (_writer, Number) = (writer, number);

    /// <summary>No other process ever has it.</summary>
    public int Number { get; }

    public static async Task<NodeIdentity> Claim(NpgsqlDataSource writer, CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand("select nextval('sending.nodes')::integer");
        var identity = new NodeIdentity(writer, (int)(await command.ExecuteScalarAsync(cancellation))!);
        await identity.Hold(cancellation);
        return identity;
    }

    /// <summary>Holds the lock, anew where its connection broke.</summary>
    public async Task Hold(CancellationToken cancellation)
    {
        if (_connection is not null)
        {
            try
            {
                await using var alive = new NpgsqlCommand("select 1", _connection);
                await alive.ExecuteScalarAsync(cancellation);
                return;
            }
            catch (Exception broken) when (broken is NpgsqlException or InvalidOperationException or IOException)
            {
                await _connection.DisposeAsync();
                _connection = null;
            }
        }

        var connection = await _writer.OpenConnectionAsync(cancellation);
        try
        {
            // Waits where another node is just taking over what this one had: it lets go with its transaction.
            await using var hold = new NpgsqlCommand("select pg_advisory_lock($1, $2)", connection);
            hold.Parameters.AddWithValue(ChunkLedger.LockClass);
            hold.Parameters.AddWithValue(Number);
            await hold.ExecuteNonQueryAsync(cancellation);
            _connection = connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lets go.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_connection is null)
            return;

        try
        {
            await using var release = new NpgsqlCommand("select pg_advisory_unlock($1, $2)", _connection);
            release.Parameters.AddWithValue(ChunkLedger.LockClass);
            release.Parameters.AddWithValue(Number);
            await release.ExecuteNonQueryAsync();
        }
        catch (Exception broken) when (broken is NpgsqlException or InvalidOperationException or IOException)
        {
            // A broken connection has let go by itself.
        }

        await _connection.DisposeAsync();
    }
}
