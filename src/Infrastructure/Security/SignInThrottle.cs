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
/// Counts of <c>access.sign_in_throttle</c>. A stranger is held to three: the account from that network, the network,
/// and the account from everywhere. A device that signed in before is held to its own count alone, so that no stranger
/// can lock its owner out (OWASP's device cookies).
/// </summary>
internal sealed class SignInThrottle : ISignInThrottle, IDisposable
{
    private const int MostRemembered = 100_000;

    private static readonly Scope[] Strangers =
    [
        new("account_network", 10, TimeSpan.FromMinutes(15)),
        new("network", 50, TimeSpan.FromMinutes(15)),
        new("account", 100, TimeSpan.FromHours(1)),
    ];

    private static readonly Scope Device = new("device", 10, TimeSpan.FromMinutes(15));

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
        var counted = CountersOf(account, ip, device);
        foreach (var counter in counted)
            RefuseRemembered(counter);

        var now = _clock.GetUtcNow();
        var attempts = new List<byte[]>();
        foreach (var counter in counted)
        {
            var (attempt, since) = await Increase(counter, now, cancellation);
            if (attempt > counter.Scope.Most)
            {
                // What is refused is no attempt on the others: nobody was let near the password.
                await Forgive(new SignInAttempt(attempts), cancellation);
                throw Refuse(counter, since, attempt == counter.Scope.Most + 1);
            }

            attempts.Add(counter.Key);
        }

        return new SignInAttempt(attempts);
    }

    public async Task Forgive(SignInAttempt attempt, CancellationToken cancellation)
    {
        if (attempt.Keys.Count == 0)
            return;

        // In the order of the keys, so that two never wait for each other.
        await using var command = _writer.CreateCommand(
            """
            with mine as (
                select t.key from access.sign_in_throttle t where t.key = any ($1) order by t.key for update
            )
            update access.sign_in_throttle t set attempts = greatest(t.attempts - 1, 0) from mine where mine.key = t.key
            """
        );
        command.Parameters.Add(attempt.Keys.Column());
        await command.ExecuteNonQueryAsync(cancellation);
    }

    public async Task<int> ForgetOld(CancellationToken cancellation)
    {
        await using var command = _writer.CreateCommand(
            "delete from access.sign_in_throttle t where t.window_started_at < $1"
        );
        var longest = Strangers.Max(scope => scope.Window);
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = _clock.GetUtcNow() - longest });
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    public void Dispose() => _full.Dispose();

    private List<Counter> CountersOf(Guid account, IPAddress? ip, Guid? device)
    {
        if (device is { } known)
            return [new Counter(Device, KeyOf(Device, $"{account}\n{known}"))];

        var network = ClientNetwork.Of(ip);
        string[] of = [$"{account}\n{network}", network, account.ToString()];
        return [.. Strangers.Zip(of, (scope, whom) => new Counter(scope, KeyOf(scope, whom)))];
    }

    private async Task<(int Attempt, DateTimeOffset Since)> Increase(
        Counter counter,
        DateTimeOffset now,
        CancellationToken cancellation
    )
    {
        await using var command = _writer.CreateCommand(
            """
            insert into access.sign_in_throttle as t (key, window_started_at, attempts) values ($1, $2, 1)
            on conflict (key) do update set
                attempts = case when t.window_started_at <= $3 then 1 else t.attempts + 1 end,
                window_started_at = case when t.window_started_at <= $3 then $2 else t.window_started_at end
            returning t.attempts, t.window_started_at
            """
        );
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = counter.Key });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = now });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = now - counter.Scope.Window });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return (reader.GetInt32(0), reader.GetFieldValue<DateTimeOffset>(1));
    }

    private SignInThrottledException Refuse(Counter counter, DateTimeOffset since, bool isFirst)
    {
        var until = since + counter.Scope.Window;
        // Whoever knocks on is refused without the database.
        _full.Set(
            Convert.ToHexStringLower(counter.Key),
            until,
            new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = counter.Scope.Window }
        );
        return new SignInThrottledException(counter.Scope.Name, until - _clock.GetUtcNow(), isFirst);
    }

    private void RefuseRemembered(Counter counter)
    {
        var rest = _full.Get<DateTimeOffset?>(Convert.ToHexStringLower(counter.Key)) is { } until
            ? until - _clock.GetUtcNow()
            : TimeSpan.Zero;
        if (rest > TimeSpan.Zero)
            throw new SignInThrottledException(counter.Scope.Name, rest, isFirst: false);
    }

    private byte[] KeyOf(Scope scope, string whom) =>
        HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{scope.Name}\n{whom}"));

    /// <summary>What is counted together.</summary>
    private sealed record Scope(string Name, int Most, TimeSpan Window);

    private sealed record Counter(Scope Scope, byte[] Key);
}
