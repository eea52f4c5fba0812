using System.Collections.Concurrent;
using Npgsql;

namespace SchemaHub.Benchmarks;

/// <summary>
/// One raw prepared statement, which is one durable transaction, on as many connections as there are callers.
/// </summary>
internal sealed class FloorStatement : IAsyncDisposable
{
    private readonly NpgsqlConnection[] _connections;
    private readonly NpgsqlCommand[] _commands;

    private FloorStatement(NpgsqlConnection[] connections, NpgsqlCommand[] commands)
    {
        _connections = connections;
        _commands = commands;
    }

    /// <param name="parameters">Makes the typed parameters, without values.</param>
    public static async Task<FloorStatement> Prepare(
        NpgsqlDataSource source,
        int callers,
        string sql,
        Func<IEnumerable<NpgsqlParameter>> parameters
    )
    {
        var connections = new NpgsqlConnection[callers];
        var commands = new NpgsqlCommand[callers];
        for (var caller = 0; caller < callers; caller++)
        {
            connections[caller] = await source.OpenConnectionAsync();
            commands[caller] = new NpgsqlCommand(sql, connections[caller]);
            commands[caller].Parameters.AddRange(parameters().ToArray());
            await commands[caller].PrepareAsync();
        }

        return new FloorStatement(connections, commands);
    }

    /// <summary>The command of one caller, to be given values and executed.</summary>
    public NpgsqlCommand Of(int caller) => _commands[caller];

    public async ValueTask DisposeAsync()
    {
        for (var caller = 0; caller < _commands.Length; caller++)
        {
            await _commands[caller].DisposeAsync();
            await _connections[caller].DisposeAsync();
        }
    }
}

/// <summary>Rows made before the clock runs; where they do not last, more are made while it does.</summary>
internal sealed class Supply<T>(Func<T> make)
{
    private readonly ConcurrentQueue<T> _made = new();

    public void Fill(int count)
    {
        for (var i = _made.Count; i < count; i++)
            _made.Enqueue(make());
    }

    public T Take() => _made.TryDequeue(out var row) ? row : make();
}

/// <summary>Setting the parameters of a prepared statement one after the other.</summary>
internal static class ParameterExtensions
{
    /// <summary>Sets values in the order of the parameters.</summary>
    public static void Set<T>(this NpgsqlCommand command, ref int place, T value) =>
        ((NpgsqlParameter<T>)command.Parameters[place++]).TypedValue = value;
}
