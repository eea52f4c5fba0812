using Npgsql;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// This process among those that send: a number, and a lock of that number held by a connection of its own. The lock
/// goes with the connection, however the process dies; others then take over what it had in hand. A process that lost
/// the lock and lives goes on under another number: under the old one it may have been taken for dead already, and it
/// would not know which of its mails are still its own.
/// </summary>
internal sealed class NodeIdentity : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;

    private NodeIdentity(NpgsqlConnection connection, int number) => (_connection, Number) = (connection, number);

    /// <summary>No other process ever has it.</summary>
    public int Number { get; }

    public static async Task<NodeIdentity> Claim(NpgsqlDataSource writer, CancellationToken cancellation)
    {
        var connection = await writer.OpenConnectionAsync(cancellation);
        try
        {
            await using var claim = new NpgsqlCommand("select nextval('sending.nodes')::integer", connection);
            var number = (int)(await claim.ExecuteScalarAsync(cancellation))!;
            await using var hold = new NpgsqlCommand("select pg_advisory_lock($1, $2)", connection);
            hold.Parameters.AddWithValue(DeadNodes.LockClass);
            hold.Parameters.AddWithValue(number);
            await hold.ExecuteNonQueryAsync(cancellation);
            return new NodeIdentity(connection, number);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes sure that the lock is still held.</summary>
    /// <exception cref="NpgsqlException">It is lost with its connection.</exception>
    public async Task Confirm(CancellationToken cancellation)
    {
        await using var alive = new NpgsqlCommand("select 1", _connection);
        await alive.ExecuteScalarAsync(cancellation);
    }

    /// <summary>Lets go.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await using var release = new NpgsqlCommand("select pg_advisory_unlock($1, $2)", _connection);
            release.Parameters.AddWithValue(DeadNodes.LockClass);
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
