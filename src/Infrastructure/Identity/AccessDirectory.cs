using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>
/// Who a credential is and what it may do. What was found is remembered for as long as this node hears of changes: a
/// notice forgets what follows from what changed, and while nothing can be heard the database is asked each time (see
/// decision 32).
/// </summary>
public sealed partial class AccessDirectory
{
    /// <summary>How many callers are remembered, about a kilobyte each.</summary>
    public const int MostRemembered = 20_000;

    private readonly RememberedCallers _remembered = new(MostRemembered);
    private readonly CallerLookups _lookups;
    private readonly TimeProvider _clock;

    // A timestamp of the clock: until then what is remembered is believed.
    private long _believedUntil;
    private long _asked;

    /// <param name="installation">Its writer's connections answer for every organization.</param>
    public AccessDirectory(Installation installation, TimeProvider clock)
    {
        _lookups = new CallerLookups(installation.Writer);
        _clock = clock;
    }

    /// <summary>How often the database was asked.</summary>
    public long Asked => Interlocked.Read(ref _asked);

    /// <summary>Whether changes are heard of, so that what is remembered is believed.</summary>
    public bool IsListening => _clock.GetTimestamp() < Volatile.Read(ref _believedUntil);

    /// <summary>Whose API key it is; null where it opens nothing.</summary>
    public ValueTask<KnownCaller?> OfKey(string key, CancellationToken cancellation) =>
        KeyForm().IsMatch(key) ? OfSecret(key, CallerLookups.Key, cancellation) : default;

    /// <summary>Who is signed in by a cookie; null where it opens nothing.</summary>
    public ValueTask<KnownCaller?> OfSessionToken(string token, CancellationToken cancellation) =>
        SessionTokens.IsBrowser(token) ? OfSecret(token, CallerLookups.Browser, cancellation) : default;

    /// <summary>Whose program's session it is, as an access token names it; null where it opens nothing.</summary>
    public ValueTask<KnownCaller?> OfSession(Guid id, CancellationToken cancellation)
    {
        var credential = CredentialId.Of(id);
        return Believed(credential) is { } known
            ? new ValueTask<KnownCaller?>(known)
            : new ValueTask<KnownCaller?>(Ask(credential, CallerLookups.Program, id, cancellation));
    }

    /// <summary>These streams changed.</summary>
    internal void Forget(IReadOnlyCollection<Guid> streams)
    {
        if (streams.Count > 0)
            _remembered.Forget(streams);
    }

    /// <summary>Anything may have changed.</summary>
    internal void ForgetAll() => _remembered.ForgetAll();

    /// <summary>This node heard everything up to now, and will for a while.</summary>
    internal void Believe(TimeSpan time) =>
        Volatile.Write(
            ref _believedUntil,
            _clock.GetTimestamp() + (long)(time.TotalSeconds * _clock.TimestampFrequency)
        );

    /// <summary>This node may have missed something: nothing found before now is believed.</summary>
    internal void Disbelieve()
    {
        Volatile.Write(ref _believedUntil, 0);
        _remembered.ForgetAll();
    }

    private ValueTask<KnownCaller?> OfSecret(string secret, string sql, CancellationToken cancellation)
    {
        // By hash also in memory: the secret itself is kept nowhere.
        Span<byte> ascii = stackalloc byte[MostSecret];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(ascii[..Encoding.ASCII.GetBytes(secret, ascii)], hash);
        var credential = CredentialId.Of(hash);
        return Believed(credential) is { } known
            ? new ValueTask<KnownCaller?>(known)
            : new ValueTask<KnownCaller?>(Ask(credential, sql, hash.ToArray(), cancellation));
    }

    private KnownCaller? Believed(CredentialId credential)
    {
        if (!IsListening || _remembered.Find(credential) is not { } known)
            return null;

        return known.Until is { } until && until <= _clock.GetUtcNow() ? null : known;
    }

    private async Task<KnownCaller?> Ask<T>(
        CredentialId credential,
        string sql,
        T shown,
        CancellationToken cancellation
    )
    {
        Interlocked.Increment(ref _asked);
        KnownCaller? found = null;
        var lookup = _remembered.Begin();
        try
        {
            found = await _lookups.Find(sql, shown, _clock.GetUtcNow(), cancellation);
        }
        finally
        {
            // While nothing is heard of, what is found now would be believed when listening begins.
            _remembered.End(lookup, credential, IsListening ? found : null);
        }

        return found;
    }

    // The longest of both.
    private const int MostSecret = 72;

    [GeneratedRegex(@"^sk_(live|test)_[0-9a-f]{64}\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex KeyForm();
}
