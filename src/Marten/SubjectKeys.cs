using Microsoft.Extensions.Caching.Memory;
using Npgsql;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Marten;

/// <summary>
/// The keys of the persons whom streams are about, from the log's own table, for a minute each: an erasure is heeded
/// within that time.
/// </summary>
internal sealed class SubjectKeys(NpgsqlDataSource source, KeyRing keys) : IDisposable
{
    private const string Sql = "select s.subject_key from events.streams s where s.tenant_id = $1 and s.id = $2";

    private static readonly MemoryCacheEntryOptions AMinute = new()
    {
        Size = 1,
        AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(1),
    };

    private readonly MemoryCache _known = new(new MemoryCacheOptions { SizeLimit = 100_000 });

    /// <summary>The stream's key, or null where there is none, or none any more.</summary>
    public async ValueTask<SubjectKey?> Find(string tenant, Guid stream, CancellationToken cancellation)
    {
        if (_known.TryGetValue((tenant, stream), out SubjectKey? known))
            return known;

        await using var command = Ask(tenant, stream);
        return Keep(tenant, stream, await command.ExecuteScalarAsync(cancellation));
    }

    /// <inheritdoc cref="Find(string, Guid, CancellationToken)"/>
    public SubjectKey? Find(string tenant, Guid stream)
    {
        if (_known.TryGetValue((tenant, stream), out SubjectKey? known))
            return known;

        using var command = Ask(tenant, stream);
        return Keep(tenant, stream, command.ExecuteScalar());
    }

    public void Dispose() => _known.Dispose();

    private NpgsqlCommand Ask(string tenant, Guid stream)
    {
        var command = source.CreateCommand(Sql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenant });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = stream });
        return command;
    }

    private SubjectKey? Keep(string tenant, Guid stream, object? wrapped)
    {
        var key = wrapped is byte[] there ? SubjectKey.Unwrap(keys, there, tenant, stream) : null;
        _known.Set((tenant, stream), key, AMinute);
        return key;
    }
}
