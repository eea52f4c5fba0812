using System.Collections.Frozen;
using System.Text;
using FluentValidation;

namespace SchemaHub.Application.Identity;

/// <summary>Turns passwords into hashes that cost much to try, a bounded number at a time.</summary>
public interface IPasswordHasher
{
    /// <summary>The bcrypt hash of a password.</summary>
    /// <exception cref="PasswordsBusyException">Too many wait already.</exception>
    Task<string> Hash(string password, CancellationToken cancellation);

    /// <summary>Whether the password is the hash's; takes equally long where there is none to compare with.</summary>
    /// <exception cref="PasswordsBusyException">Too many wait already.</exception>
    Task<bool> Verify(string password, string? hash, CancellationToken cancellation);
}

/// <summary>More passwords came at once than can be hashed in a while.</summary>
public sealed class PasswordsBusyException()
    : Exception("Too many people are signing in at this moment; try again in a few seconds.");

/// <summary>
/// What a password must be, by NIST SP 800-63B section 5.1.1.2: long enough, and none of those that everybody tries
/// first. Nothing is asked of its composition.
/// </summary>
public static class PasswordRules
{
    /// <summary>Characters (Unicode code points) at least.</summary>
    public const int Least = 8;

    /// <summary>Characters at most.</summary>
    public const int Most = 128;

    private const string ServiceName = "schemahub";

    private static readonly Lazy<FrozenSet<string>> Common = new(ReadCommon);

    /// <summary>The rule that a password breaks, in a sentence; null where it breaks none.</summary>
    /// <param name="email">Of the account; a password that is the address, or its name, is no secret.</param>
    public static string? Broken(string? password, string? email)
    {
        if (string.IsNullOrEmpty(password))
            return $"A password has at least {Least} characters.";

        if (!IsText(password))
            return "A password is text.";

        var normal = password.Normalize(NormalizationForm.FormC);
        var characters = normal.EnumerateRunes().Count();
        if (characters < Least)
            return $"A password has at least {Least} characters.";

        if (characters > Most)
            return $"A password has at most {Most} characters.";

        var lower = normal.ToLowerInvariant();
        if (Common.Value.Contains(lower) || lower.Distinct().Count() == 1)
            return "This password is among those that are tried first; choose another one.";

        // A digit or two at the end make a name no secret.
        var core = lower.Trim([.. lower.Where(letter => !char.IsLetter(letter))]);
        return core == ServiceName || Names(email).Any(name => name == lower || name == core)
            ? "A password is neither the address nor the name of the service."
            : null;
    }

    /// <summary>Holds a password to the rules.</summary>
    public static IRuleBuilderOptions<T, string?> Password<T>(
        this IRuleBuilder<T, string?> rule,
        Func<T, string?> email
    ) =>
        rule.Must((command, password) => Broken(password, email(command)) is null)
            .WithMessage((command, password) => Broken(password, email(command))!);

    private static IEnumerable<string> Names(string? email)
    {
        if (email?.ToLowerInvariant() is not { } lower)
            yield break;

        yield return lower;
        yield return lower.Split('@')[0];
        yield return lower.Split('@')[^1];
    }

    /// <summary>Whether it can be hashed at all: half a surrogate pair has no normal form.</summary>
    public static bool IsText(string password)
    {
        for (var i = 0; i < password.Length; i++)
        {
            if (!char.IsSurrogate(password[i]))
                continue;

            if (!char.IsHighSurrogate(password[i]) || i + 1 == password.Length || !char.IsLowSurrogate(password[++i]))
                return false;
        }

        return true;
    }

    private static FrozenSet<string> ReadCommon()
    {
        using var stream = typeof(PasswordRules).Assembly.GetManifestResourceStream("common-passwords.txt")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader
            .ReadToEnd()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .ToFrozenSet(StringComparer.Ordinal);
    }
}
