using Npgsql;

namespace SchemaHub.Infrastructure.Specs.Security;

/// <summary>Somebody with a login of their own who tries what SQL there is.</summary>
internal sealed class Caller(string name, string connectionString, string? tenant = null) : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(
        // What they set stays set in no other attempt.
        new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, IncludeErrorDetail = true }
    );

    /// <summary>Everything the statements answer, as text: rows, notices, and errors with all their parts.</summary>
    public async Task<Attempt> Try(params string[] statements)
    {
        var seen = new List<string>();
        await using var connection = await _source.OpenConnectionAsync();
        connection.Notice += (_, notice) => seen.Add(notice.Notice.MessageText);
        if (tenant is not null)
            await Execute(connection, $"set app.current_tenant = '{tenant}'", []);

        try
        {
            var rows = 0;
            foreach (var statement in statements)
                rows = await Execute(connection, statement, seen);

            return new Attempt(rows, Refusal: null, string.Join('\n', seen));
        }
        catch (PostgresException refusal)
        {
            seen.Add($"{refusal.MessageText} {refusal.Detail} {refusal.Hint} {refusal.Where}");
            return new Attempt(0, refusal.SqlState, string.Join('\n', seen));
        }
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    public override string ToString() => name;

    private static async Task<int> Execute(NpgsqlConnection connection, string statement, List<string> seen)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = 0;
        for (; await reader.ReadAsync(); rows++)
        {
            for (var column = 0; column < reader.FieldCount; column++)
                seen.Add($"{reader.GetValue(column)}");
        }

        return rows;
    }
}

/// <summary>What came of an attempt.</summary>
/// <param name="Rows">Answered by the last statement.</param>
/// <param name="Refusal">The SQLSTATE, or null where nothing was refused.</param>
/// <param name="Seen">Everything that came back.</param>
internal sealed record Attempt(int Rows, string? Refusal, string Seen);
