using System.Buffers.Binary;
using System.Net;
using MediatR;

namespace SchemaHub.Application.Identity;

/// <summary>What a mailed link is for.</summary>
public enum AccountLink
{
    /// <summary>It shows that the mailbox is the person's.</summary>
    Verification,

    /// <summary>It sets another password.</summary>
    Reset,

    /// <summary>It makes a device known.</summary>
    Device,
}

/// <summary>Links that make a device known. Nothing is stored of them: their id says when they were made.</summary>
public static class DeviceLinks
{
    /// <summary>How long such a link works.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>Whether a link works now.</summary>
    /// <param name="link">Its id, a UUIDv7.</param>
    /// <param name="now">UTC.</param>
    public static bool Works(Guid link, DateTimeOffset now)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long) + sizeof(long)];
        link.TryWriteBytes(bytes, bigEndian: true, out _);
        // RFC 9562, section 5.7: the first 48 bits are milliseconds.
        var made = DateTimeOffset.FromUnixTimeMilliseconds((long)(BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16));
        return made <= now && now < made + Lifetime;
    }
}

/// <summary>
/// The tokens of mailed links. They follow from account and link under a key, so that no job and no table holds them.
/// </summary>
public interface IAccountTokens
{
    /// <summary>The token of a link.</summary>
    string Of(AccountLink use, Guid user, Guid link);

    /// <summary>The account and the link of a token that we made; null for everything else.</summary>
    (Guid User, Guid Link)? Read(AccountLink use, string? token);
}

/// <summary>
/// Cookies by which a browser is known in which somebody signed in to an account before: strangers cannot lock it out.
/// </summary>
public interface IDeviceTokens
{
    /// <summary>A token of a device and the account that was signed in to.</summary>
    string Of(Guid device, Guid user);

    /// <summary>The device of a genuine token of the account; null for everything else.</summary>
    /// <param name="tokens">One, or several that are separated by <see cref="Separator"/>.</param>
    Guid? Read(string? tokens, Guid user);

    /// <summary>Between the tokens of several accounts that share a browser.</summary>
    const char Separator = '.';
}

/// <summary>Counts failed sign-ins.</summary>
public interface ISignInThrottle
{
    /// <summary>Counts an attempt before it is looked at, so that many at once are no way around.</summary>
    /// <param name="account">The account of the address, known or not.</param>
    /// <param name="device">A device that signed in to the account before; null for strangers.</param>
    /// <exception cref="SignInThrottledException">There were too many.</exception>
    Task<SignInAttempt> Begin(Guid account, IPAddress? ip, Guid? device, CancellationToken cancellation);

    /// <summary>It was no failure.</summary>
    Task Forgive(SignInAttempt attempt, CancellationToken cancellation);

    /// <summary>Forgets windows that are over; how many.</summary>
    Task<int> ForgetOld(CancellationToken cancellation);
}

/// <summary>A counted attempt.</summary>
/// <param name="Keys">What it was counted under.</param>
public sealed record SignInAttempt(IReadOnlyList<byte[]> Keys);

/// <summary>Too many sign-ins failed.</summary>
/// <param name="scope">
/// Of whom: <c>account</c>, <c>network</c>, both together, as <c>account_network</c>, or <c>device</c>.
/// </param>
/// <param name="isFirst">The first that is refused in this window.</param>
public sealed class SignInThrottledException(string scope, TimeSpan retryAfter, bool isFirst)
    : Exception(
        scope == "device"
            ? "Too many sign-ins failed; wait as long as Retry-After says."
            : "Too many sign-ins failed. Wait as long as Retry-After says, or ask for a mail whose link makes this "
                + "device known (POST /api/v1/device-links): a known device signs in at once."
    )
{
    /// <summary>Of whom there were too many.</summary>
    public string Scope { get; } = scope;

    /// <summary>When the window is over.</summary>
    public TimeSpan RetryAfter { get; } = retryAfter;

    /// <summary>The first that is refused in this window.</summary>
    public bool IsFirst { get; } = isFirst;
}

/// <summary>Where people are signed in, over all organizations.</summary>
public interface ISessions
{
    /// <summary>The sessions of a person that live, oldest first.</summary>
    Task<IReadOnlyList<Guid>> LivingOf(Guid user, CancellationToken cancellation);

    /// <summary>The same with what is known of them, newest first.</summary>
    /// <param name="before">Only those begun before this one.</param>
    Task<IReadOnlyList<LivingSession>> List(Guid user, int limit, Guid? before, CancellationToken cancellation);

    /// <summary>Whether there is an organization, and it is open.</summary>
    Task<bool> IsOpen(Guid organization, CancellationToken cancellation);

    /// <summary>The account that an account at Google signs in to; null where none is linked.</summary>
    Task<Guid?> OfGoogle(string googleId, CancellationToken cancellation);
}

/// <summary>Where a person is signed in.</summary>
/// <param name="Kind">browser or program.</param>
/// <param name="Current">The one that asks.</param>
public sealed record LivingSession(
    Guid Id,
    string Kind,
    Guid? OrganizationId,
    string? Ip,
    string? UserAgent,
    DateTimeOffset CreatedAt,
    DateTimeOffset ExpiresAt,
    bool Current = false
);

/// <summary>
/// What follows from strangers' wishes, done after they were answered: an answer takes equally long whether an address
/// is known or not.
/// </summary>
public interface IAccountQueue
{
    /// <summary>Takes in work; it is done within moments, and lost where the node dies meanwhile.</summary>
    /// <exception cref="PasswordsBusyException">Too much waits already.</exception>
    void Add(CommandContext context, IRequest<Position> work);
}
