using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Caching.Memory;
using Npgsql;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure.Access;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Security;

/// <summary>
/// Counts of failed sign-ins, in <c>access.sign_in_throttle</c>. A stranger is held to counts of the account, of the
/// networks around the address, and of both together. A known device is held to its own count alone, so that no
/// stranger can lock its owner out (OWASP's device cookies); a mailed link makes a device known.
/// </summary>
internal sealed class SignInThrottle : ISignInThrottle, IDisposable
{
    private const int MostRemembered = 100_000;

    // A count that was full may be no more: an attempt that was under way turned out well.
    private static readonly TimeSpan MostTrusted = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Quarter = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    // From the narrowest network to the widest; the widest of an IPv4 address is its second.
    private static readonly Scope[] AccountFromNetwork =
    [
        new("account_network", 10, Quarter),
        new("account_network", 20, Quarter),
        new("account_network", 30, Day),
    ];

    private static readonly Scope[] Network =
    [
        new("network", 50, Quarter),
        new("network", 100, Quarter),
        new("network", 200, Quarter),
    ];

    private static readonly Scope Account = new("account", 100, Day);
    private static readonly Scope Device = new("device", 10, Quarter);

    private readonly NpgsqlDataSource _writer;
    private readonly TimeProvider _clock;
    private readonly byte[] _key;
    private readonly MemoryCache _full = new(new MemoryCacheOptions { SizeLimit = MostRemembered });

    public SignInThrottle(NpgsqlDataSource writer, KeyRing keys, TimeProvider clock)
    {
        (_writer, _clock) = (writer, clock);
        _key = keys.Derive("schemahub sign-in throttle");
    }

    public async Task<SignInAttempt> Begin(Guid account, IPAddress? ip, Guid? device, CancellationToken cancellation)
    {
        var counters = CountersOf(account, ip, device);
        foreach (var counter in counters)
            RefuseRemembered(counter);

        var now = _clock.GetUtcNow();
        var attempts = new List<byte[]>();
        // One after the other, the narrowest first: an attempt that is refused there inflates no wider count.
        foreach (var counter in counters)
        {
            var (attempt, endsAt) = await Increase(counter, now, cancellation);
            if (attempt > counter.Scope.Most)
            {
                // What is refused is no attempt on the others: the password was not looked at.
                await Forgive(new SignInAttempt(attempts), cancellation);
                throw Refuse(counter, endsAt, isFirst: attempt == counter.Scope.Most + 1);
            }

            attempts.Add(counter.Key);
        }

        return new SignInAttempt(attempts);
    }

    public async Task Forgive(SignInAttempt attempt, CancellationToken cancellation)
    {
        if (attempt.Keys.Count == 0)
            return;

        // In the order of the keys, so that two never wait for each other. A count of nothing needs no row.
        await using var command = _writer.CreateCommand(
            """
            with mine as (
                select t.key, t.attempts from access.sign_in_throttle t
                where t.key = any ($1) order by t.key for update
            ), none as (
                delete from access.sign_in_throttle t using mine where mine.key = t.key and mine.attempts <= 1
            )
            update access.sign_in_throttle t set attempts = t.attempts - 1
            from mine where mine.key = t.key and mine.attempts > 1
            """
        );
        command.Parameters.Add(attempt.Keys.Column());
        await command.ExecuteNonQueryAsync(cancellation);
    }

    public async Task<int> ForgetOld(CancellationToken cancellation)
    {
        await using var command = _writer.CreateCommand("delete from access.sign_in_throttle t where t.ends_at <= $1");
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = _clock.GetUtcNow() });
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    public void Dispose() => _full.Dispose();

    private List<Counter> CountersOf(Guid account, IPAddress? ip, Guid? device)
    {
        if (device is { } known)
            return [CounterOf(Device, $"{account}\n{known}")];

        var networks = ClientNetwork.Around(ip);
        return
        [
            .. networks.Select((network, i) => CounterOf(ScopeOf(AccountFromNetwork, i), $"{account}\n{network}")),
            .. networks.Select((network, i) => CounterOf(ScopeOf(Network, i), network)),
            CounterOf(Account, account.ToString()),
        ];

        Scope ScopeOf(Scope[] scopes, int i) => i > 0 && i == networks.Count - 1 ? scopes[^1] : scopes[i];
    }

    private async Task<(int Attempt, DateTimeOffset EndsAt)> Increase(
        Counter counter,
        DateTimeOffset now,
        CancellationToken cancellation
    )
    {
        await using var command = _writer.CreateCommand(
            """
            insert into access.sign_in_throttle as t (key, ends_at, attempts) values ($1, $2, 1)
            on conflict (key) do update set
                attempts = case when t.ends_at <= $3 then 1 else t.attempts + 1 end,
                ends_at = case when t.ends_at <= $3 then $2 else t.ends_at end
            returning t.attempts, t.ends_at
            """
        );
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = counter.Key });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = now + counter.Scope.Window });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = now });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return (reader.GetInt32(0), reader.GetFieldValue<DateTimeOffset>(1));
    }

    private SignInThrottledException Refuse(Counter counter, DateTimeOffset endsAt, bool isFirst)
    {
        // The next ones are refused without the database.
        _full.Set(
            counter.Id,
            endsAt,
            new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = MostTrusted }
        );
        return new SignInThrottledException(counter.Scope.Name, endsAt - _clock.GetUtcNow(), isFirst);
    }

    private void RefuseRemembered(Counter counter)
    {
        var rest = _full.Get<DateTimeOffset?>(counter.Id) is { } endsAt ? endsAt - _clock.GetUtcNow() : TimeSpan.Zero;
        if (rest > TimeSpan.Zero)
            throw new SignInThrottledException(counter.Scope.Name, rest, isFirst: false);
    }

    private Counter CounterOf(Scope scope, string whom)
    {
        var key = HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{scope.Name}\n{whom}"));
        return new Counter(scope, key, Convert.ToHexStringLower(key));
    }

    /// <summary>What is counted together.</summary>
    private sealed record Scope(string Name, int Most, TimeSpan Window);

    /// <param name="Id">The key in hex.</param>
    private sealed record Counter(Scope Scope, byte[] Key, string Id);
}
