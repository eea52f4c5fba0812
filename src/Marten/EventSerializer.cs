using System.Data.Common;
using Marten;
using Marten.Services;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Marten;

/// <summary>
/// Reads our events by the service's own codec, which opens what is personal where the keys are at hand. Documents are
/// read and written as Marten would.
/// </summary>
internal sealed class EventSerializer(SubjectKeys? keys) : SystemTextJsonSerializer, ISerializer
{
    private static readonly HashSet<Type> Events = [.. EventCodec.Catalogue.Values.Select(stored => stored.Type)];

    /// <inheritdoc/>
    public new object FromJson(Type type, DbDataReader reader, int index)
    {
        if (!Events.Contains(type))
            return base.FromJson(type, reader, index);

        var row = Row.Read(type, reader, index);
        return row.Decode(row.HasAddress ? keys?.Find(row.Tenant, row.Stream) : null);
    }

    /// <inheritdoc/>
    public new async ValueTask<object> FromJsonAsync(
        Type type,
        DbDataReader reader,
        int index,
        CancellationToken cancellationToken = default
    )
    {
        if (!Events.Contains(type))
            return await base.FromJsonAsync(type, reader, index, cancellationToken);

        var row = Row.Read(type, reader, index);
        var key =
            row.HasAddress && keys is not null ? await keys.Find(row.Tenant, row.Stream, cancellationToken) : null;
        return row.Decode(key);
    }

    /// <summary>An event's row, as far as it was selected: a query for data only says nothing of the stream.</summary>
    private readonly record struct Row(string Name, string Data, string Tenant, Guid Stream, long Version)
    {
        public bool HasAddress => Tenant.Length > 0;

        public static Row Read(Type type, DbDataReader reader, int index)
        {
            var name = EventCodec.NameOf(type);
            var data = reader.GetString(index);
            return reader.FieldCount == 1
                ? new Row(name, data, Tenant: "", default, Version: 0)
                : new Row(
                    name,
                    data,
                    reader.GetString(reader.GetOrdinal("tenant_id")),
                    reader.GetGuid(reader.GetOrdinal("stream_id")),
                    reader.GetInt64(reader.GetOrdinal("version"))
                );
        }

        public object Decode(SubjectKey? key) => EventCodec.Decode(Name, Data, key, Tenant, Stream, Version);
    }
}
