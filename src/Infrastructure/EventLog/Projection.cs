using Npgsql;
using SchemaHub.Application;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// Fills published tables from events. The same code serves the commit of the events, catching up and rebuilding: a
/// batch of events, in log order, is folded into one final change per row, and one statement per table writes it.
/// </summary>
internal interface IProjection
{
    /// <summary>The published schema it fills, and the tables, parents first.</summary>
    string Schema { get; }

    /// <inheritdoc cref="Schema"/>
    IReadOnlyList<PublishedTable> Tables { get; }

    /// <summary>Adds the statements that apply the events to the tables of <paramref name="schema"/>.</summary>
    /// <param name="schema">The published schema, or the shadow that a rebuild fills.</param>
    void Write(IReadOnlyList<RecordedEvent> events, string schema, NpgsqlBatch batch);

    /// <summary>
    /// Applies the events to a shadow that a rebuild fills from nothing, in log order; writes what
    /// <see cref="Write"/> would, and may be faster about it.
    /// </summary>
    async Task Fill(
        IReadOnlyList<RecordedEvent> events,
        string schema,
        NpgsqlConnection connection,
        CancellationToken cancellation
    )
    {
        await using var batch = new NpgsqlBatch(connection) { Timeout = 0 };
        Write(events, schema, batch);
        if (batch.BatchCommands.Count > 0)
            await batch.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Indexes, beside the primary keys, that writing to a shadow needs to be fast.</summary>
    IEnumerable<string> RebuildIndexes(string shadow) => [];
}

/// <summary>A table that is rebuilt from the log.</summary>
/// <param name="Keys">The columns of its primary key.</param>
internal sealed record PublishedTable(string Name, params string[] Keys)
{
    /// <summary>Columns that are not from the log: a rebuild leaves them as they are.</summary>
    public IReadOnlyList<string> Unlogged { get; init; } = [];

    /// <summary>Fills such columns from where they are counted, in rows that a rebuild made.</summary>
    public string? Refill { get; init; }
}

/// <summary>Statements with typed parameters, without ceremony.</summary>
internal static class BatchExtensions
{
    /// <summary>Adds a statement with positional parameters.</summary>
    public static void Add(this NpgsqlBatch batch, string sql, params ReadOnlySpan<NpgsqlParameter> parameters) =>
        batch.BatchCommands.Add(Statement(sql, parameters));

    /// <summary>A statement with positional parameters, to be added.</summary>
    public static NpgsqlBatchCommand Statement(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter);

        return command;
    }

    /// <summary>An array parameter: one column of the rows that <c>unnest</c> makes.</summary>
    public static NpgsqlParameter Column<T>(this IEnumerable<T> values) =>
        new NpgsqlParameter<T[]> { TypedValue = [.. values] };

    /// <summary>The same, of JSON text.</summary>
    public static NpgsqlParameter JsonColumn(this IEnumerable<string?> values) =>
        new()
        {
            NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Jsonb,
            Value = values.ToArray(),
        };

    /// <summary>The same, of instants for <c>timestamp</c> columns, which hold UTC.</summary>
    public static NpgsqlParameter UtcColumn(this IEnumerable<DateTimeOffset> values) =>
        new()
        {
            NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Timestamp,
            Value = values.Select(Utc).ToArray(),
        };

    /// <summary>A value of a copied row.</summary>
    public static void WriteUtc(this NpgsqlBinaryImporter copy, DateTimeOffset at) =>
        copy.Write(Utc(at), NpgsqlTypes.NpgsqlDbType.Timestamp);

    /// <inheritdoc cref="WriteUtc"/>
    public static void WriteOrNull(this NpgsqlBinaryImporter copy, string? value, NpgsqlTypes.NpgsqlDbType type)
    {
        if (value is null)
            copy.WriteNull();
        else
            copy.Write(value, type);
    }

    /// <inheritdoc cref="WriteUtc"/>
    public static void WriteOrNull(this NpgsqlBinaryImporter copy, int? value, NpgsqlTypes.NpgsqlDbType type)
    {
        if (value is { } known)
            copy.Write(known, type);
        else
            copy.WriteNull();
    }

    private static DateTime Utc(DateTimeOffset at) => DateTime.SpecifyKind(at.UtcDateTime, DateTimeKind.Unspecified);
}
