using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>Reads what a token endpoint answers (RFC 6749 sections 5.1 and 5.2), and decides what it means.</summary>
internal sealed partial class TokenAnswerReader(TimeProvider clock)
{
    private const int LongestToken = 8192;
    private const int LongestDescription = 300;

    // An endpoint that does not say how long a token lives: the mail server's refusal says when it ends.
    private static readonly TimeSpan UnknownLife = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestLife = TimeSpan.FromDays(1);
    private static readonly TimeSpan LongestMargin = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan Shortly = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan UnsaidPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan UntilMended = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    /// <summary>A failure that may pass, also at once.</summary>
    public static TokenAnswer.Failed Unavailable(string reason) =>
        new(reason, IsFinal: false, Shortly) { MayPassAtOnce = true };

    /// <summary>A failure that does not pass by itself.</summary>
    public static TokenAnswer.Failed Refused(string reason) => new(reason, IsFinal: true, UntilMended);

    /// <summary>The refresh token that takes the place of the one that was sent; null where it stays.</summary>
    public static string? RefreshToken(JsonElement? json) =>
        Text(json, "refresh_token") is { Length: > 0 } it ? it : null;

    /// <param name="secrets">What was sent, and must not be logged.</param>
    public TokenAnswer Read(HttpResponseMessage answer, JsonElement? json, ReadOnlySpan<string?> secrets)
    {
        var code = ErrorCode(json, secrets);
        if (!answer.IsSuccessStatusCode || code is not null)
            return Failure(answer, code, json, secrets);

        return Token(json) is { } token
            ? new TokenAnswer.Granted(token)
            : Unavailable("The token endpoint's answer cannot be read: it holds no bearer token.");
    }

    private AccessToken? Token(JsonElement? json)
    {
        var isBearer = (Text(json, "token_type") ?? "Bearer").Equals("Bearer", StringComparison.OrdinalIgnoreCase);
        // What else it might hold would be read as another part of the SASL response.
        if (
            !isBearer
            || Text(json, "access_token") is not { Length: > 0 and <= LongestToken } value
            || !IsVisible(value)
        )
            return null;

        var now = clock.GetUtcNow();
        var life = Life(json);
        var margin = life / 5 < LongestMargin ? life / 5 : LongestMargin;
        return new AccessToken(value, now + life - margin, now + life);
    }

    private static TimeSpan Life(JsonElement? json)
    {
        // Some servers write the number as a text.
        var written = Property(json, "expires_in") switch
        {
            { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
            { ValueKind: JsonValueKind.String } text => text.GetString(),
            _ => null,
        };
        if (
            !double.TryParse(written, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            || !(seconds > 0)
        )
            return UnknownLife;

        return seconds < LongestLife.TotalSeconds ? TimeSpan.FromSeconds(seconds) : LongestLife;
    }

    private TokenAnswer.Failed Failure(
        HttpResponseMessage answer,
        string? code,
        JsonElement? json,
        ReadOnlySpan<string?> secrets
    )
    {
        var description = Description(json, secrets);
        var said = string.Join(
            ' ',
            new[] { Number(answer.StatusCode), code, EntraCode().Match(description).Value }.Where(part =>
                !string.IsNullOrEmpty(part)
            )
        );
        return Verdict(answer, code, said) with { Description = description, IsInvalidGrant = code == "invalid_grant" };
    }

    private TokenAnswer.Failed Verdict(HttpResponseMessage answer, string? code, string said)
    {
        var status = answer.StatusCode;
        var pause = HttpAnswers.RetryAfter(answer, clock);
        if (pause > LongestPause)
            pause = LongestPause;

        if (status == HttpStatusCode.TooManyRequests)
            return new($"The token endpoint wants fewer requests: {said}.", IsFinal: false, pause ?? UnsaidPause);

        var mayPass =
            status is >= HttpStatusCode.InternalServerError or HttpStatusCode.RequestTimeout
            || code is "temporarily_unavailable" or "server_error" or "slow_down";
        if (mayPass)
        {
            var reason = $"The token endpoint is not available: {said}.";
            return pause is { } after ? new(reason, IsFinal: false, after) : Unavailable(reason);
        }

        return (int)status is >= 300 and < 400
            ? Refused(
                $"The token endpoint redirects ({said}), and the secret is not sent elsewhere. {Mend("TokenUrl")}"
            )
            : Refused($"The token endpoint refuses us: {said}. {Mend(SettingOf(code))}");
    }

    private static string Mend(string settings) => $"Check SchemaHub:Mail:OAuth:{settings}.";

    private static string SettingOf(string? code) =>
        code switch
        {
            "invalid_client" or "unauthorized_client" =>
                "ClientId and ClientSecret, and whether the secret has expired",
            "invalid_grant" => "RefreshToken: it is used up, revoked or expired",
            "invalid_scope" => "Scope",
            _ => "TokenUrl, and what is configured at the provider",
        };

    private static string? ErrorCode(JsonElement? json, ReadOnlySpan<string?> secrets) =>
        Text(json, "error") switch
        {
            null => null,
            var code when Code().IsMatch(code) => SecretText.Without(code, secrets),
            _ => "(an error without a code)",
        };

    private static string Description(JsonElement? json, ReadOnlySpan<string?> secrets)
    {
        var text = SecretText.Without(Text(json, "error_description") ?? "", secrets);
        var line = string.Concat(text.Select(character => char.IsControl(character) ? ' ' : character));
        return line.Length > LongestDescription ? line[..LongestDescription] : line;
    }

    private static JsonElement? Property(JsonElement? json, string name) =>
        json is { ValueKind: JsonValueKind.Object } body && body.TryGetProperty(name, out var value) ? value : null;

    private static string? Text(JsonElement? json, string name) =>
        Property(json, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static bool IsVisible(string value) => value.All(character => character is > ' ' and <= '~');

    private static string Number(HttpStatusCode status) => ((int)status).ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\A[A-Za-z0-9_.:-]{1,64}\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code();

    // Microsoft's own number of an error, by which its documentation is searched.
    [GeneratedRegex(@"AADSTS[0-9]{4,9}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex EntraCode();
}
