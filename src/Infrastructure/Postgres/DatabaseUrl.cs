using System.Data.Common;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace SchemaHub.Infrastructure.Postgres;

/// <summary>
/// The address of a PostgreSQL server as people have it: an Npgsql connection string or a postgres:// URL. No message
/// repeats a value, because in an address that cannot be read any part may turn out to be the password.
/// </summary>
public static partial class DatabaseUrl
{
    private const string AfterPassword =
        "a keyword behind the password (a password with ; stands in \"\", as Password=\"a;b\")";

    // Where libpq and Npgsql have different names; the others differ by an underscore only.
    private static readonly Dictionary<string, string> NpgsqlNames = new(StringComparer.OrdinalIgnoreCase)
    {
        ["sslmode"] = "SSL Mode",
        ["sslrootcert"] = "Root Certificate",
        ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key",
        ["sslpassword"] = "SSL Password",
        ["connect_timeout"] = "Timeout",
        ["target_session_attrs"] = "Target Session Attributes",
        ["user"] = "Username",
        ["dbname"] = "Database",
    };

    /// <summary>Reads an address.</summary>
    /// <param name="text">An Npgsql string, or a URL by RFC 3986 as libpq takes it (one host).</param>
    /// <param name="setting">Where the text came from, for the message.</param>
    /// <exception cref="FormatException">Says which part is wrong, without the part.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string text, string setting = "SCHEMAHUB_DATABASE")
    {
        try
        {
            var address = text.Trim();
            if (address.Length == 0)
                throw new FormatException("it is empty");
            if (Url().Match(address) is { Success: true } url)
                return FromUrl(url.Groups["rest"].Value);
            if (Scheme().IsMatch(address))
                throw new FormatException("its scheme is neither postgres:// nor postgresql://");
            return FromKeywords(address);
        }
        catch (FormatException error)
        {
            throw new FormatException($"{setting} cannot be read: {error.Message}.", error);
        }
    }

    private static NpgsqlConnectionStringBuilder FromUrl(string rest)
    {
        var end = rest.IndexOfAny(['/', '?']);
        var authority = end < 0 ? rest : rest[..end];
        var tail = end < 0 ? "" : rest[end..];
        var query = tail.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? tail : tail[..query];
        var at = authority.LastIndexOf('@');
        if (tail.Contains('@', StringComparison.Ordinal))
            throw new FormatException(
                "an @ stands behind the host; in a password write / as %2F and ? as %3F, elsewhere write @ as %40"
            );

        var builder = new NpgsqlConnectionStringBuilder();
        if (at >= 0)
            ReadUser(authority[..at], builder);
        ReadHost(authority[(at + 1)..], builder);
        if (path.Length > 1)
            builder.Database = Decoded(path[1..], "database");
        if (query >= 0)
            ReadParameters(tail[(query + 1)..], builder);
        return builder.Host is null ? throw new FormatException("it names no host") : builder;
    }

    private static void ReadUser(string userInfo, NpgsqlConnectionStringBuilder builder)
    {
        var colon = userInfo.IndexOf(':', StringComparison.Ordinal);
        var user = colon < 0 ? userInfo : userInfo[..colon];
        if (user.Length > 0)
            builder.Username = Decoded(user, "user");
        if (colon >= 0)
            builder.Password = Decoded(userInfo[(colon + 1)..], "password");
    }

    private static void ReadHost(string authority, NpgsqlConnectionStringBuilder builder)
    {
        var match = HostAndPort().Match(authority);
        if (!match.Success)
            throw new FormatException("its host is not one name or address (an IPv6 address stands in [ ])");
        if (match.Groups["host"].Value is { Length: > 0 } host)
            builder.Host = Decoded(host.Trim('[', ']'), "host");
        if (match.Groups["port"] is { Success: true, Value: { Length: > 0 } port })
            builder.Port =
                int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number is > 0 and <= 65535
                    ? number
                    : throw new FormatException("its port is not a number from 1 to 65535");
    }

    private static void ReadParameters(string query, NpgsqlConnectionStringBuilder builder)
    {
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var name = Decoded(pair.Split('=')[0], "query");
            if (!pair.Contains('=', StringComparison.Ordinal))
                throw new FormatException($"its parameter {Named(name)} has no value");

            var value = Decoded(pair[(pair.IndexOf('=', StringComparison.Ordinal) + 1)..], $"parameter {Named(name)}");
            var keyword = NpgsqlNames.GetValueOrDefault(name) ?? name.Replace('_', ' ');
            // verify-full is VerifyFull to Npgsql, read-write is ReadWrite or, of old, "read-write".
            if (keyword is "SSL Mode")
                value = value.Replace("-", "", StringComparison.Ordinal);
            Set(builder, keyword, value, $"its parameter {Named(name)}");
        }
    }

    private static NpgsqlConnectionStringBuilder FromKeywords(string address)
    {
        var pairs = new DbConnectionStringBuilder();
        if (!Fits(() => pairs.ConnectionString = address))
            throw new FormatException("it is neither a URL nor a list of Keyword=value; a value with ; stands in \"\"");

        var builder = new NpgsqlConnectionStringBuilder();
        var password = PasswordKeyword().Match(address) is { Success: true } match ? match.Index : int.MaxValue;
        foreach (string keyword in pairs.Keys)
        {
            // What looks like a keyword here may be the rest of a password that holds a semicolon.
            var isSafe = address.IndexOf(keyword, StringComparison.OrdinalIgnoreCase) <= password;
            var part = isSafe || builder.ContainsKey(keyword) ? $"its keyword {Named(keyword)}" : AfterPassword;
            Set(builder, keyword, (string)pairs[keyword], part);
        }
        return builder.Host is null ? throw new FormatException("it names no Host") : builder;
    }

    private static void Set(NpgsqlConnectionStringBuilder builder, string keyword, string value, string part)
    {
        if (!builder.ContainsKey(keyword))
            throw new FormatException($"{part} is unknown");
        if (!Fits(() => builder[keyword] = value))
            throw new FormatException($"{part} has a value that does not fit");
    }

    /// <summary>Whether a parser takes the value. Its error would quote it, and so goes no further.</summary>
    private static bool Fits(Action take)
    {
        try
        {
            take();
            return true;
        }
        catch (Exception error) when (error is ArgumentException or FormatException or InvalidCastException)
        {
            return false;
        }
    }

    private static string Named(string name) => Word().IsMatch(name) ? $"'{name}'" : "(unreadable)";

    private static string Decoded(string encoded, string part) =>
        BadEscape().IsMatch(encoded)
            ? throw new FormatException($"its {part} has a % without two hexadecimal digits; a % itself is %25")
            : Uri.UnescapeDataString(encoded);

    [GeneratedRegex("^postgres(ql)?://(?<rest>.*)$", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Url();

    [GeneratedRegex("^[a-z][a-z0-9+.-]*:", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Scheme();

    [GeneratedRegex(
        @"^(?<host>\[[0-9a-f:.%]+\]|[^:,\[\]@]*)(:(?<port>[^:]*))?$",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase,
        1000
    )]
    private static partial Regex HostAndPort();

    [GeneratedRegex(@"(^|;)\s*(password|pwd)\s*=", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase, 1000)]
    private static partial Regex PasswordKeyword();

    [GeneratedRegex("^[a-z_ ]{2,32}$", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Word();

    [GeneratedRegex("%(?![0-9a-fA-F]{2})", RegexOptions.None, 1000)]
    private static partial Regex BadEscape();
}
