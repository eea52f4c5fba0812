using System.Collections.Concurrent;
using Npgsql;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// Finds senders with their opened keys, and remembers each for a few seconds. A key that has not changed is handed out
/// as the same object, since what signs with it is kept by it.
/// </summary>
internal sealed class Senders(NpgsqlDataSource writer, SenderKeys keys, TimeProvider clock) : ISenders
{
    private const int MostRemembered = 10_000;

    private const string Sql = $"""
        select s.from_name, s.from_address, s.reply_to, s.postal_address,
            d.domain, d.selector, d.public_key, d.sealed_private_key
        from sending.senders s
        cross join lateral (select s.from_address as address) a
        join sending.domains d on d.organization_id = s.organization_id
        where s.organization_id = $1 and {ClosestVerified}
        """;

    private const string KeySql = $"""
        select d.domain, d.selector, d.public_key, d.sealed_private_key
        from sending.domains d
        cross join (select $2 as address) a
        where d.organization_id = $1 and {ClosestVerified}
        """;

    // The domain that fits closest signs, where several do.
    private const string ClosestVerified = """
        d.verified_at is not null
            and (split_part(a.address, '@', 2) = d.domain or right(a.address, length(d.domain) + 1) = '.' || d.domain)
        order by length(d.domain) desc
        limit 1
        """;

    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<Guid, Entry> _known = new();

    public async Task<ReadySender?> Find(Guid organization, CancellationToken cancellation)
    {
        var now = clock.GetTimestamp();
        _known.TryGetValue(organization, out var known);
        if (known is not null && clock.GetElapsedTime(known.ReadAt, now) < Remembered)
            return known.Sender;

        var read = await Read(organization, known, now, cancellation);
        // Who has none yet describes one next, and is not to wait for it.
        if (read.Sender is null)
        {
            _known.TryRemove(organization, out _);
            return null;
        }

        if (_known.Count >= MostRemembered)
            _known.Clear();

        _known[organization] = read;
        return read.Sender;
    }

    public async Task<DkimKey?> FindKey(Guid organization, string address, CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(KeySql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = organization });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = address });
        await using var row = await command.ExecuteReaderAsync(cancellation);
        return await row.ReadAsync(cancellation) ? Key(organization, row, at: 0) : null;
    }

    private async Task<Entry> Read(Guid organization, Entry? before, long now, CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(Sql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = organization });
        await using var row = await command.ExecuteReaderAsync(cancellation);
        if (!await row.ReadAsync(cancellation))
            return new Entry(now, Sender: null, SealedKey: null);

        var sealedKey = row.GetString(7);
        var dkim =
            before?.SealedKey == sealedKey && before.Sender is { } same ? same.Dkim : Key(organization, row, at: 4);
        var sender = new ReadySender(
            row.GetString(0),
            row.GetString(1),
            await row.IsDBNullAsync(2, cancellation) ? null : row.GetString(2),
            row.GetString(3),
            dkim
        );
        return new Entry(now, sender, sealedKey);
    }

    private DkimKey Key(Guid organization, NpgsqlDataReader row, int at) =>
        new(
            row.GetString(at),
            row.GetString(at + 1),
            keys.Open(organization, row.GetString(at), row.GetString(at + 2), row.GetString(at + 3))
        );

    private sealed record Entry(long ReadAt, ReadySender? Sender, string? SealedKey);
}
