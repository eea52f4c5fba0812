using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using SchemaHub.Application;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Infrastructure.Contacts;

/// <summary>
/// The column <c>consents</c> of our own lists: a JSON array with what stands for each purpose and the evidence of it.
/// The importer takes it as what the file claims.
/// </summary>
internal static partial class CsvConsents
{
    private const int MaxEntries = 100;
    private const int MaxTextLength = 10_000;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };

    /// <summary>The cell; null where nothing was ever said.</summary>
    public static string? Write(IReadOnlyList<FilePurpose> purposes) =>
        purposes.Count == 0 ? null : JsonSerializer.Serialize(purposes.Select(Entry.Of), Json);

    /// <summary>Understands a cell, or says what is wrong with it.</summary>
    public static IReadOnlyList<FilePurpose>? Read(string json, DateTimeOffset now, out string? problem)
    {
        try
        {
            var entries = JsonSerializer.Deserialize<Entry[]>(json, Json) ?? [];
            problem =
                entries.Length > MaxEntries ? $"it has more than {MaxEntries} entries."
                : entries.Any(entry => entry is null) ? "an entry is null."
                : entries.DistinctBy(entry => entry.Purpose).Count() < entries.Length ? "a purpose stands twice."
                : entries.Select(entry => ProblemOf(entry, now)).FirstOrDefault(wrong => wrong is not null);
            return problem is null ? [.. entries.Select(entry => entry.ToPurpose())] : null;
        }
        // The second: half a surrogate pair in an escape.
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            problem = "it must be a JSON array of objects with the fields of docs/consent.md.";
            return null;
        }
    }

    private static string? ProblemOf(Entry entry, DateTimeOffset now)
    {
        if (entry.Purpose is null && entry.Standing != FileStanding.Withdrawn)
            return "an entry without a purpose is a withdrawal from everything.";

        if (entry.Purpose is not null && !Purpose().IsMatch(entry.Purpose))
            return "a purpose is a lower-case letter and up to 49 letters, digits, hyphens or underscores.";

        if (entry.Standing is FileStanding.InForce or FileStanding.Suppressed && entry.OptInAt is null)
            return "a consent has an \"opt_in_at\".";

        if (entry.Basis is not null && !LegalBases.All.Contains(entry.Basis))
            return $"\"basis\" is one of {string.Join(", ", LegalBases.All)}.";

        if (entry.Method is not null && !ConsentMethods.All.Contains(entry.Method))
            return $"\"method\" is one of {string.Join(", ", ConsentMethods.All)}.";

        return ProblemOfWording(entry) ?? ProblemOfEvidence(entry, now);
    }

    private static string? ProblemOfWording(Entry entry)
    {
        if (entry.Wording is not null && !Hash().IsMatch(entry.Wording))
            return "\"wording\" is a SHA-256 in 64 lower-case hex characters.";

        if (entry.Language is { } language && (language.Length > 35 || !Language().IsMatch(language)))
            return "\"language\" is a BCP 47 tag, such as en or pt-BR.";

        if (entry.Text is null)
            return null;

        return entry.Text.Length > MaxTextLength || ContentIds.Sha256(entry.Text) != entry.Wording
            ? "\"text\" is the wording, of 10,000 characters at most, whose SHA-256 is \"wording\"."
            : null;
    }

    private static string? ProblemOfEvidence(Entry entry, DateTimeOffset now)
    {
        if (new[] { entry.OptInAt, entry.ConfirmedAt, entry.WithdrawnAt }.Any(at => at > now))
            return "a time lies in the future.";

        foreach (var ip in new[] { entry.OptInIp, entry.ConfirmIp })
        {
            if (ip is not null && !CsvValues.TryReadIp(ip, out _))
                return "an IP address is none.";
        }

        var texts = new[] { entry.Source, entry.WithdrawalReason }.Concat(
            (entry.Claims ?? []).SelectMany(claim => new[] { claim.Key, claim.Value })
        );
        return texts.Any(text => CsvValues.HasControls(text)) ? "a text has a control character in it." : null;
    }

    [GeneratedRegex(Purposes.Pattern, RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Purpose();

    [GeneratedRegex(WordingText.HashPattern, RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Hash();

    [GeneratedRegex(WordingText.LanguagePattern, RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Language();

    /// <summary>An entry as it is written; the names of its fields are published.</summary>
    private sealed record Entry(
        string? Purpose,
        [property: JsonRequired] FileStanding Standing,
        string? Basis,
        string? Method,
        string? Wording,
        string? Language,
        string? Text,
        DateTimeOffset? OptInAt,
        string? OptInIp,
        DateTimeOffset? ConfirmedAt,
        string? ConfirmIp,
        string? Source,
        DateTimeOffset? WithdrawnAt,
        string? WithdrawalReason,
        Dictionary<string, string>? Claims
    )
    {
        public static Entry Of(FilePurpose purpose) =>
            new(
                purpose.Purpose,
                purpose.Standing,
                purpose.Basis,
                purpose.Method,
                purpose.Wording,
                purpose.Language,
                purpose.Text,
                purpose.Evidence?.OptInAt.ToUniversalTime(),
                purpose.Evidence?.OptInIp,
                purpose.Evidence?.ConfirmedAt?.ToUniversalTime(),
                purpose.Evidence?.ConfirmIp,
                purpose.Evidence?.Source,
                purpose.Withdrawal?.At?.ToUniversalTime(),
                purpose.Withdrawal?.Reason,
                purpose.Claims is null ? null : new(purpose.Claims)
            );

        public FilePurpose ToPurpose() =>
            new(
                Purpose,
                Standing,
                Basis,
                Method,
                Wording,
                Language,
                Text,
                OptInAt is { } at ? new FileConsent(at, OptInIp, ConfirmedAt, ConfirmIp, Source) : null,
                Claims,
                Standing == FileStanding.Withdrawn
                    ? new FileWithdrawal(FileWithdrawalKind.Unsubscribed, WithdrawnAt, WithdrawalReason)
                    : null
            );
    }
}
