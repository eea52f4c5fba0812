using Npgsql;

namespace SchemaHub.Application;

/// <summary>
/// The one door of queries to the published tables: every statement runs under the row-level security of one
/// organization, which is set in the same round trip.
/// </summary>
public sealed class TenantDatabase(NpgsqlDataSource app)
{
    /// <summary>Sets the tenant, given as text, until the end of the transaction.</summary>
    public const string SetTenant = "select set_config('app.current_tenant', $1, true)";

    /// <summary>The rows of a statement, mapped.</summary>
    public async Task<List<T>> Rows<T>(
        string tenant,
        string sql,
        Func<NpgsqlDataReader, T> map,
        CancellationToken cancellation,
        params NpgsqlParameter[] parameters
    )
    {
        var rows = new List<T>();
        await foreach (var row in Stream(tenant, sql, map, cancellation, parameters))
            rows.Add(row);

        return rows;
    }

    /// <summary>The same, one by one, for results of any size.</summary>
    /// <param name="settings">Settings for this statement alone, such as <c>work_mem</c>.</param>
    public async IAsyncEnumerable<T> Stream<T>(
        string tenant,
        string sql,
        Func<NpgsqlDataReader, T> map,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation,
        NpgsqlParameter[] parameters,
        params (string Name, string Value)[] settings
    )
    {
        await using var connection = await app.OpenConnectionAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection);
        // Without an explicit transaction a batch is one, so the setting ends with it.
        Add(batch, SetTenant, new NpgsqlParameter<string> { TypedValue = tenant });
        foreach (var (name, value) in settings)
            Add(
                batch,
                "select set_config($1, $2, true)",
                new NpgsqlParameter<string> { TypedValue = name },
                new NpgsqlParameter<string> { TypedValue = value }
            );

        Add(batch, sql, parameters);
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        for (var skipped = 0; skipped <= settings.Length; skipped++)
            await reader.NextResultAsync(cancellation);

        while (await reader.ReadAsync(cancellation))
            yield return map(reader);
    }

    private static void Add(NpgsqlBatch batch, string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter);

        batch.BatchCommands.Add(command);
    }
}
