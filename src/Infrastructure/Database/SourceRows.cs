using Npgsql;

namespace SchemaHub.Infrastructure.Database;

/// <summary>Look-ups over all organizations, as the service itself makes them.</summary>
internal static class SourceRows
{
    /// <summary>The rows of a statement, mapped.</summary>
    public static async Task<List<T>> Rows<T>(
        this NpgsqlDataSource source,
        string sql,
        Func<NpgsqlDataReader, T> map,
        CancellationToken cancellation,
        params NpgsqlParameter[] parameters
    )
    {
        await using var command = source.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellation))
            rows.Add(map(reader));

        return rows;
    }
}
