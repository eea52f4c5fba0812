using MediatR;
using Npgsql;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Records;

/// <summary>One record as it is now.</summary>
/// <param name="Table">Schema and table.</param>
[RequiresByContent]
public sealed record GetRecord(string Table, string Id) : IQuery<FoundRecord>, IRequiresByContent
{
    /// <inheritdoc/>
    public string? RequiredPermission => RecordCatalogue.Get(Table).ReadPermission;
}

/// <summary>A record and where its stream stands.</summary>
/// <param name="Version">For <c>ETag</c> and <c>If-Match</c>; null where the caller could not change it anyway.</param>
public sealed record FoundRecord(PublishedRecord Record, long? Version);

/// <summary>A record as published.</summary>
/// <param name="Row">An instance of the record's class.</param>
public sealed record PublishedRecord(string Id, object Row, DateTimeOffset? CreatedAt, DateTimeOffset? UpdatedAt)
{
    internal const int ColumnCount = 4;

    /// <summary>What <see cref="Read"/> reads, of the record's table <c>t</c>.</summary>
    internal static string Columns(RecordType type)
    {
        var pairs = type.Columns.Select(column => $"'{column.Name}', t.\"{column.Name}\"");
        var created = type.HasCreatedAt ? "t.created_at" : "null::timestamptz";
        var updated = type.HasUpdatedAt ? "t.updated_at" : "null::timestamptz";
        return $"{RecordIds.Sql(type)}, json_build_object({string.Join(", ", pairs)})::text, {created}, {updated}";
    }

    internal static PublishedRecord Read(RecordType type, NpgsqlDataReader row) =>
        new(row.GetString(0), RowJson.Read(type, row.GetString(1)), row.UtcOrNull(2), row.UtcOrNull(3));
}

internal sealed class GetRecordHandler(RecordDatabase database, ITableShapes shapes, CommandContext context)
    : IRequestHandler<GetRecord, FoundRecord>
{
    public async Task<FoundRecord> Handle(GetRecord query, CancellationToken cancellation)
    {
        var type = RecordCatalogue.Get(query.Table);
        if (RecordIds.Parse(type, query.Id) is not { } key)
            throw new NotFoundException("record");

        var shape = await shapes.Of(type, cancellation);
        var stream = RecordIds.StreamOf(type, context.Tenant, key);
        var isKey = type.KeyColumns.Select((column, i) => $"t.\"{column}\" = ${i + 1}::{shape.Types[column]}");
        var streamId = type.HasNumber ? "events.stream_of(t.id)" : $"${key.Count + 2}";
        List<NpgsqlParameter> parameters =
        [
            .. key.Select(part => new NpgsqlParameter<string> { TypedValue = part }),
            new NpgsqlParameter<string> { TypedValue = context.Tenant },
        ];
        if (!type.HasNumber)
            parameters.Add(new NpgsqlParameter<Guid> { TypedValue = stream ?? Guid.Empty });

        // The stream's version of the same snapshot as the row: an ETag never belongs to another state.
        var found = await database.Rows.Rows(
            context.Tenant,
            $"""
            select {PublishedRecord.Columns(type)}, s.version
            from {type.Name} t
            left join events.mt_streams s on s.tenant_id = ${key.Count + 1} and s.id = {streamId}
            where {string.Join(" and ", isKey)}{(type.SoftDeletes ? " and t.deleted_at is null" : "")}
            """,
            row => new FoundRecord(
                PublishedRecord.Read(type, row),
                row.IsDBNull(PublishedRecord.ColumnCount) ? null : row.GetInt64(PublishedRecord.ColumnCount)
            ),
            cancellation,
            [.. parameters]
        );
        return found.Count == 1 ? found[0] : throw new NotFoundException("record");
    }
}
