using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Caching.Memory;
using Npgsql;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Api.Security;

/// <summary>A key and whom it acts for.</summary>
internal sealed record KnownKey(Guid Id, Guid Organization);

/// <summary>Keys by their hash. A found one is remembered for a moment; others are looked for each time.</summary>
internal sealed partial class ApiKeys(Installation installation) : IDisposable
{
    private const int MostRemembered = 10_000;

    // As long as a key that was taken back still opens.
    private static readonly TimeSpan RememberedFor = TimeSpan.FromSeconds(15);

    private readonly MemoryCache _remembered = new(new MemoryCacheOptions { SizeLimit = MostRemembered });

    public async Task<KnownKey?> Find(string key, CancellationToken cancellation)
    {
        if (!Form().IsMatch(key))
            return null;

        // By hash also in memory: the key itself is kept nowhere.
        var hash = SHA256.HashData(Encoding.ASCII.GetBytes(key));
        var name = Convert.ToHexStringLower(hash);
        if (_remembered.TryGetValue(name, out KnownKey? known))
            return known;

        known = await Read(hash, cancellation);
        if (known is not null)
            _remembered.Set(
                name,
                known,
                new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = RememberedFor }
            );

        return known;
    }

    public void Dispose() => _remembered.Dispose();

    private async Task<KnownKey?> Read(byte[] hash, CancellationToken cancellation)
    {
        await using var command = installation.Writer.CreateCommand(
            """
            select k.id, k.organization_id
            from access.api_keys k
            join access.organizations o on o.id = k.organization_id
            where k.key_hash = $1 and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
                and o.closed_at is null
            """
        );
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = hash });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? new KnownKey(reader.GetGuid(0), reader.GetGuid(1)) : null;
    }

    [GeneratedRegex(@"^sk_(live|test)_[0-9a-f]{64}\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Form();
}
