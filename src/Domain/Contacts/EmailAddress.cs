using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace SchemaHub.Domain.Contacts;

/// <summary>
/// A mail address as mail systems accept it (RFC 5321 and 5322, with RFC 6531's UTF-8 local parts): a dot-atom, an @,
/// and a host name of at least two labels. Two addresses are equal when their <see cref="Canonical"/> forms are.
/// Characters that another letter case or normal form turns into ASCII, such as the Kelvin sign, are refused: software
/// that folds them would take the address for another one.
/// </summary>
public sealed record EmailAddress
{
    // RFC 5321 section 4.5.3.1, with erratum 1690: a path is 256 octets, two of them angle brackets.
    private const int MaxOctets = 254;
    private const int MaxLocalOctets = 64;

    // RFC 1035 section 2.3.4.
    private const int MaxLabelOctets = 63;

    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static readonly SearchValues<char> LocalPart = SearchValues.Create(
        Letters + "0123456789!#$%&'*+-/=?^_`{|}~."
    );
    private static readonly SearchValues<char> HostName = SearchValues.Create(Letters + "0123456789-.");
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789");
    private static readonly IdnMapping Idn = new() { UseStd3AsciiRules = true };

    private EmailAddress(string value)
    {
        // The normal form makes an ü of one code point equal to an ü of two.
        Value = Ascii.IsValid(value) ? value : value.Normalize(NormalizationForm.FormC);
        Canonical = WithLowerAscii(Value);
    }

    /// <summary>
    /// The address to write to: the local part as given, in normal form C; the domain in lower case and as A-labels.
    /// </summary>
    public string Value { get; }

    /// <summary>
    /// What tells addresses apart: <see cref="Value"/> with ASCII letters in lower case, as SQL's
    /// <c>lower(email collate "C")</c> gives it.
    /// </summary>
    public string Canonical { get; }

    /// <summary>The domain of an address that was taken before, as it stands there.</summary>
    public static string DomainOf(string address) => address[(address.LastIndexOf('@') + 1)..];

    /// <summary>Takes an address, white space around it allowed.</summary>
    /// <exception cref="FormatException">It is not one; the message says why.</exception>
    public static EmailAddress Parse(string? text) =>
        TryParse(text, out var address, out var problem) ? address : throw new FormatException(problem);

    /// <summary>Takes an address, white space around it allowed, or says why it is not one.</summary>
    /// <param name="text">What somebody typed or a file holds.</param>
    /// <param name="address">The address.</param>
    /// <param name="problem">One plain sentence that does not repeat the address, so that it may be logged.</param>
    public static bool TryParse(
        string? text,
        [NotNullWhen(true)] out EmailAddress? address,
        [NotNullWhen(false)] out string? problem
    )
    {
        address = null;
        var given = text.AsSpan().Trim();
        problem = ProblemWithWhole(given);
        if (problem is not null)
            return false;

        var at = given.IndexOf('@');
        var local = given[..at];
        problem = ProblemWithLocalPart(local);
        if (problem is not null)
            return false;

        if (!TryMakeDomain(given[(at + 1)..], out var domain, out problem))
            return false;

        var value = string.Concat(local, "@", domain);
        if (Encoding.UTF8.GetByteCount(value) > MaxOctets)
        {
            problem = "The address is longer than 254 octets.";
            return false;
        }

        address = new EmailAddress(value);
        return true;
    }

    /// <inheritdoc/>
    public bool Equals(EmailAddress? other) => Canonical == other?.Canonical;

    /// <inheritdoc/>
    public override int GetHashCode() => Canonical.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Value;

    // Only ASCII letters are folded: the folding of others depends on language and on the version of Unicode.
    private static string WithLowerAscii(string value) =>
        value.AsSpan().ContainsAnyInRange('A', 'Z')
            ? string.Create(
                value.Length,
                value,
                static (lower, given) =>
                {
                    for (var i = 0; i < given.Length; i++)
                        lower[i] = char.IsAsciiLetterUpper(given[i]) ? (char)(given[i] | 0x20) : given[i];
                }
            )
            : value;

    private static string? ProblemWithWhole(ReadOnlySpan<char> given)
    {
        if (given.IsEmpty)
            return "The address is empty.";

        if (given.Length > MaxOctets)
            return "The address is longer than 254 octets.";

        if (given.ContainsAnyInRange('\0', '\x1f') || given.ContainsAnyInRange('\x7f', '\x9f'))
            return "The address has a control character or a line break in it.";

        if (given.ContainsAny('<', '>'))
            return "Only the bare address is taken, without a name or angle brackets.";

        if (given.ContainsAny('"', '(', ')'))
            return "Quoted names and comments are not taken in an address.";

        return given.Count('@') switch
        {
            0 => "The address has no @.",
            1 => null,
            _ => "The address has more than one @.",
        };
    }

    private static string? ProblemWithLocalPart(ReadOnlySpan<char> local)
    {
        if (local.IsEmpty)
            return "There is nothing before the @.";

        if (Encoding.UTF8.GetByteCount(local) > MaxLocalOctets)
            return "The part before the @ is longer than 64 octets.";

        if (local[0] == '.' || local[^1] == '.' || local.Contains("..", StringComparison.Ordinal))
            return "The part before the @ has a dot at its start, at its end, or two in a row.";

        // Nearly every address ends here; the rest is for RFC 6531.
        var firstOther = local.IndexOfAnyExcept(LocalPart);
        if (firstOther < 0)
            return null;

        foreach (var rune in local[firstOther..].EnumerateRunes())
        {
            if (rune.IsAscii ? !LocalPart.Contains((char)rune.Value) : !IsVisible(rune))
                return "The part before the @ has a character in it that an address cannot have.";

            if (FoldsIntoAscii(rune))
                return "The part before the @ has a character in it that can be taken for an ASCII letter or sign.";
        }

        return null;
    }

    /// <summary>
    /// Whether another letter case or normal form of the character has ASCII in it. İ, ı, ſ and the Kelvin sign are
    /// named because .NET leaves some of them alone, and other software does not.
    /// </summary>
    private static bool FoldsIntoAscii(Rune rune)
    {
        if (rune.IsAscii)
            return false;

        if (rune.Value is 0x0130 or 0x0131 or 0x017f or 0x212a)
            return true;

        var text = rune.ToString().Normalize(NormalizationForm.FormKC);
        return HasAscii(text) || HasAscii(text.ToLowerInvariant()) || HasAscii(text.ToUpperInvariant());
    }

    private static bool HasAscii(string text) => text.AsSpan().ContainsAnyInRange('\0', '\x7f');

    private static bool IsVisible(Rune rune) =>
        // The enumeration shows half a surrogate pair as U+FFFD.
        rune != Rune.ReplacementChar
        && Rune.GetUnicodeCategory(rune)
            is not (
                UnicodeCategory.Control
                or UnicodeCategory.OtherNotAssigned
                or UnicodeCategory.Format
                or UnicodeCategory.SpaceSeparator
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.PrivateUse
                or UnicodeCategory.Surrogate
            );

    private static bool TryMakeDomain(
        ReadOnlySpan<char> given,
        out string domain,
        [NotNullWhen(false)] out string? problem
    )
    {
        domain = given.ToString();
        try
        {
            if (!Ascii.IsValid(given))
            {
                domain = Idn.GetAscii(domain);
                if (IsTakenForAscii(given, domain))
                {
                    problem = "The domain has a character in it that can be taken for an ASCII letter or sign.";
                    return false;
                }
            }

            // Also what was just encoded: a label with "--" in third and fourth place is none (RFC 5891, section
            // 4.2.3.1), and encodes to one that nobody can read back.
            if (domain.Contains("xn--", StringComparison.OrdinalIgnoreCase))
                _ = Idn.GetUnicode(domain);
        }
        catch (ArgumentException)
        {
            problem = "The domain is not an international domain name.";
            return false;
        }

        domain = domain.ToLowerInvariant();
        problem = ProblemWithDomain(domain);
        return problem is null;
    }

    /// <summary>
    /// Whether IDNA made ASCII of something else: of a full-width letter, or of a label whose only other character it
    /// drops.
    /// </summary>
    private static bool IsTakenForAscii(ReadOnlySpan<char> given, ReadOnlySpan<char> encoded)
    {
        foreach (var rune in given.EnumerateRunes())
        {
            if (FoldsIntoAscii(rune))
                return true;
        }

        // Both have the same labels; IDNA takes the ideographic full stop for a dot (RFC 3490, section 3.1).
        var labels = encoded.Split('.');
        foreach (var range in given.SplitAny('.', '\u3002', '\uff61'))
        {
            if (!labels.MoveNext())
                return true;

            if (!Ascii.IsValid(given[range]) && !encoded[labels.Current].StartsWith("xn--", StringComparison.Ordinal))
                return true;
        }

        return labels.MoveNext() || !encoded.Contains("xn--", StringComparison.Ordinal);
    }

    private static string? ProblemWithDomain(ReadOnlySpan<char> domain)
    {
        if (domain.IsEmpty)
            return "There is nothing after the @.";

        if (domain.ContainsAnyExcept(HostName))
            return "The domain has a character in it that a domain cannot have.";

        var lastDot = domain.LastIndexOf('.');
        if (lastDot < 0)
            return "The domain has no dot.";

        foreach (var range in domain.Split('.'))
        {
            var label = domain[range];
            if (label.IsEmpty)
                return "The domain has a dot at its start, at its end, or two in a row.";

            if (label.Length > MaxLabelOctets)
                return "A label of the domain is longer than 63 octets.";

            if (label[0] == '-' || label[^1] == '-')
                return "A label of the domain starts or ends with a hyphen.";
        }

        return domain[(lastDot + 1)..].ContainsAnyExcept(Digits) ? null : "The domain ends in a number.";
    }
}
