using Npgsql;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Jobs;

/// <summary>
/// This process among those that run jobs: a number that no other has, and an advisory lock of it on a connection of
/// its own. PostgreSQL lets go of the lock when the process dies, and that is how the others know.
/// </summary>
internal sealed class JobNode : IAsyncDisposable
{
    // The first half of the locks' keys; the second is the node's number. "JOBS"
    private const int LockClass = 0x4A4F_4253;

    private readonly NpgsqlConnection _connection;

    private JobNode(NpgsqlConnection connection, int number) => (_connection, Number) = (connection, number);

    public int Number { get; }

    public static async Task<JobNode> Join(Installation installation, CancellationToken cancellation)
    {
        var connection = await installation.Writer.OpenConnectionAsync(cancellation);
        try
        {
            await using var next = new NpgsqlCommand("select nextval('jobs.nodes')::integer", connection);
            var number = (int)(await next.ExecuteScalarAsync(cancellation))!;
            await using var hold = new NpgsqlCommand("select pg_advisory_lock($1, $2)", connection);
            hold.Parameters.Add(new NpgsqlParameter<int> { TypedValue = LockClass });
            hold.Parameters.Add(new NpgsqlParameter<int> { TypedValue = number });
            await hold.ExecuteNonQueryAsync(cancellation);
            return new JobNode(connection, number);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Throws where the lock's connection is gone: others may have taken this node's jobs.</summary>
    public async Task ShouldLive(CancellationToken cancellation)
    {
        await using var ask = new NpgsqlCommand("select 1", _connection);
        await ask.ExecuteScalarAsync(cancellation);
    }

    /// <summary>Which other nodes than <paramref name="own"/> have jobs in hand and are not there any more.</summary>
    public static async Task<int[]> Dead(NpgsqlConnection connection, int own, CancellationToken cancellation)
    {
        // A node has its lock before it takes a job: whoever is seen with a job here is seen with a lock there, in
        // the second look, unless it is dead.
        var busy = new List<int>();
        await using (
            var find = new NpgsqlCommand("select distinct q.node from jobs.queue q where q.node <> $1", connection)
        )
        {
            find.Parameters.Add(new NpgsqlParameter<int> { TypedValue = own });
            await using var reader = await find.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
                busy.Add(reader.GetInt32(0));
        }

        if (busy.Count == 0)
            return [];

        await using var living = new NpgsqlCommand(
            """
            select u.node
            from unnest($1) as u (node)
            where not exists (
                select from pg_locks l
                where l.locktype = 'advisory' and l.classid = $2::bigint::oid and l.objid = u.node::bigint::oid
                    and l.objsubid = 2 and l.granted
                    and l.database = (select d.oid from pg_database d where d.datname = current_database())
            )
            """,
            connection
        );
        living.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. busy] });
        living.Parameters.Add(new NpgsqlParameter<int> { TypedValue = LockClass });
        var dead = new List<int>();
        await using var rows = await living.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
            dead.Add(rows.GetInt32(0));

        return [.. dead];
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            // The connection goes back to its pool, and would take the lock with it.
            await using var free = new NpgsqlCommand("select pg_advisory_unlock($1, $2)", _connection);
            free.Parameters.Add(new NpgsqlParameter<int> { TypedValue = LockClass });
            free.Parameters.Add(new NpgsqlParameter<int> { TypedValue = Number });
            await free.ExecuteNonQueryAsync();
        }
        catch (Exception broken) when (broken is NpgsqlException or InvalidOperationException or IOException)
        {
            // A broken connection has let go by itself.
        }

        await _connection.DisposeAsync();
    }
}
