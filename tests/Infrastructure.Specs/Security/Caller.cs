using Npgsql;

namespace SchemaHub.Infrastructure.Specs.Security;

/// <summary>Somebody with a login of their own who tries what SQL there is.</summary>
/// <param name="organization">Whose rows they are to see; null for nobody's.</param>
/// <param name="isReader">A SQL reader, for whom nothing is set: the login tells whose it is.</param>
internal sealed class Caller(string name, string connectionString, Guid? organization, bool isReader) : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(
        // What they set stays set in no other attempt.
        new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, IncludeErrorDetail = true }
    );

    public Guid? Organization => organization;

    public bool IsReader => isReader;

    /// <summary>The group whose rights they have.</summary>
    public string Role => isReader ? "schemahub_reader" : "schemahub_app";

    /// <summary>Everything the statements answer, as text: rows, notices, and errors with all their parts.</summary>
    public async Task<Attempt> Try(params string[] statements)
    {
        await using var connection = await Open();
        return await Try(connection, statements);
    }

    /// <summary>Tries one after the other, each after the same beginning and each undone.</summary>
    public async Task<List<Attempt>> TryEach(IEnumerable<string> statements, params string[] beginning)
    {
        await using var connection = await Open();
        var attempts = new List<Attempt>();
        foreach (var statement in statements)
        {
            await Execute(connection, "begin", []);
            attempts.Add(await Try(connection, [.. beginning, statement]));
            await Execute(connection, "rollback", []);
        }

        return attempts;
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    public override string ToString() => name;

    private async Task<NpgsqlConnection> Open()
    {
        var connection = await _source.OpenConnectionAsync();
        if (!isReader && organization is not null)
            await Execute(connection, $"set app.current_tenant = '{organization}'", []);

        return connection;
    }

    private static async Task<Attempt> Try(NpgsqlConnection connection, IEnumerable<string> statements)
    {
        var seen = new List<string>();
        var before = 0;
        void Note(object sender, NpgsqlNoticeEventArgs notice) => seen.Add(notice.Notice.MessageText);
        connection.Notice += Note;
        try
        {
            var rows = 0;
            foreach (var statement in statements)
            {
                before = seen.Count;
                rows = await Execute(connection, statement, seen);
            }

            return new Attempt(rows, Refusal: null, seen, before);
        }
        catch (PostgresException refusal)
        {
            seen.Add($"{refusal.MessageText} {refusal.Detail} {refusal.Hint} {refusal.Where}");
            return new Attempt(0, refusal.SqlState, seen, before);
        }
        finally
        {
            connection.Notice -= Note;
        }
    }

    private static async Task<int> Execute(NpgsqlConnection connection, string statement, List<string> seen)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        await using var reader = await command.ExecuteReaderAsync();
        int rows;
        do
        {
            for (rows = 0; await reader.ReadAsync(); rows++)
            {
                for (var column = 0; column < reader.FieldCount; column++)
                    seen.Add($"{reader.GetValue(column)}");
            }
        } while (await reader.NextResultAsync());

        return rows;
    }
}

/// <summary>What came of an attempt.</summary>
/// <param name="Rows">Answered by the last statement.</param>
/// <param name="Refusal">The SQLSTATE, or null where nothing was refused.</param>
/// <param name="Everything">That came back, value by value.</param>
/// <param name="Before">How many of the values came before the last statement's.</param>
internal sealed record Attempt(int Rows, string? Refusal, IReadOnlyList<string> Everything, int Before)
{
    public string Seen => string.Join('\n', Everything);

    /// <summary>What the last statement answered.</summary>
    public IEnumerable<string> Answer => Everything.Skip(Before);
}
