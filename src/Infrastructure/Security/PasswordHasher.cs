using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using SchemaHub.Application.Identity;
using BCryptNet = BCrypt.Net.BCrypt;

namespace SchemaHub.Infrastructure.Security;

/// <summary>
/// bcrypt over an HMAC of the password under a key of the installation: long passwords count whole, and a stolen
/// database alone cannot be tried on (decision 27). Few are computed at once, so that a flood of them leaves the rest
/// of the service its processors.
/// </summary>
internal sealed partial class PasswordHasher : IPasswordHasher, IDisposable
{
    /// <summary>2 to its power are bcrypt's rounds.</summary>
    public const int PublishedCost = 12;

    private const int MostWaiting = 32;

    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(8);

    private readonly byte[] _pepper;
    private readonly int _cost;
    private readonly SemaphoreSlim _workers;
    private readonly int _mostAtOnce;
    private readonly string _nobodys;
    private int _taken;

    /// <param name="cost">Less only where specs need many.</param>
    public PasswordHasher(KeyRing keys, int cost = PublishedCost)
    {
        _pepper = keys.Derive("schemahub passwords", HMACSHA384.HashSizeInBytes);
        _cost = cost;
        _mostAtOnce = Math.Max(1, Environment.ProcessorCount / 2);
        _workers = new SemaphoreSlim(_mostAtOnce);
        // A salt and a hash that are no password's: only how long it takes matters.
        _nobodys = string.Create(CultureInfo.InvariantCulture, $"$2b${cost:00}${new string('.', 53)}");
    }

    public Task<string> Hash(string password, CancellationToken cancellation) =>
        Work(() => BCryptNet.HashPassword(Phrase(password), BCryptNet.GenerateSalt(_cost, 'b')), cancellation);

    public Task<bool> Verify(string password, string? hash, CancellationToken cancellation) =>
        Work(
            () =>
            {
                // What nobody's password gives is not looked at.
                var isRight = IsHashOf(Phrase(password), hash ?? _nobodys);
                return isRight && hash is not null;
            },
            cancellation
        );

    public void Dispose() => _workers.Dispose();

    /// <summary>64 characters, which bcrypt takes whole: it drops what is after 72 bytes, or after a zero.</summary>
    internal string Phrase(string password) =>
        Convert.ToBase64String(
            HMACSHA384.HashData(_pepper, Encoding.UTF8.GetBytes(password.Normalize(NormalizationForm.FormC)))
        );

    /// <summary>Whether a hash is the phrase's. A text that is no bcrypt hash is nobody's.</summary>
    internal static bool IsHashOf(string phrase, string hash) =>
        // The library throws on malformed hashes, with a different exception for each kind.
        BcryptHash().IsMatch(hash) && BCryptNet.Verify(phrase, hash);

    private async Task<T> Work<T>(Func<T> work, CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref _taken) > _mostAtOnce + MostWaiting)
        {
            Interlocked.Decrement(ref _taken);
            throw new PasswordsBusyException();
        }

        try
        {
            // On a slow machine a place in the queue is no promise: better told now than timed out.
            if (!await _workers.WaitAsync(MostWait, cancellation))
                throw new PasswordsBusyException();

            try
            {
                return await Task.Run(work, CancellationToken.None);
            }
            finally
            {
                _workers.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _taken);
        }
    }

    [GeneratedRegex(@"^\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex BcryptHash();
}
