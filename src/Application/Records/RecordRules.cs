using System.Text.Json;
using FluentValidation;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Records;

/// <summary>Rules of form that records share.</summary>
internal static class RecordRules
{
    // ISO 4217, the currencies that are money somewhere.
    private static readonly HashSet<string> Currencies =
    [
        .. (
            "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD "
            + "CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF "
            + "GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK "
            + "LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD "
            + "OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN "
            + "SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF "
            + "XPF YER ZAR ZMW ZWG"
        ).Split(' '),
    ];

    private const int MostUrlCharacters = 2_048;

    public static IRuleBuilderOptions<T, string?> NotBlank<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(text => !string.IsNullOrWhiteSpace(text)).WithMessage("{PropertyName} is needed.");

    /// <summary>Text of several lines.</summary>
    public static IRuleBuilderOptions<T, string?> Prose<T>(this IRuleBuilder<T, string?> rule, int most) =>
        rule.MaximumLength(most)
            .Must(text => text is null || !text.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t')))
            .WithMessage("{PropertyName} holds a control character.");

    public static IRuleBuilderOptions<T, string?> WebUrl<T>(this IRuleBuilder<T, string?> rule) =>
        rule.MaximumLength(MostUrlCharacters)
            .Must(text => text is null || IsWebUrl(text))
            .WithMessage("{PropertyName} is an address that begins with https:// or http://.");

    public static IRuleBuilderOptions<T, string?> SecureUrl<T>(this IRuleBuilder<T, string?> rule) =>
        rule.WebUrl()
            .Must(text => text is null || text.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
            .WithMessage("{PropertyName} is an address that begins with https://.");

    public static IRuleBuilderOptionsConditions<T, string?> MailAddress<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Custom(
            (text, context) =>
            {
                if (text is not null && !Domain.Contacts.EmailAddress.TryParse(text, out _, out var problem))
                    context.AddFailure(problem);
            }
        );

    public static IRuleBuilderOptions<T, string?> Currency<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(code => code is not null && Currencies.Contains(code))
            .WithMessage("{PropertyName} is an ISO 4217 code in capitals, such as EUR.");

    public static IRuleBuilderOptions<T, string?> Color<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Matches("^#[0-9A-Fa-f]{6}\\z").WithMessage("{PropertyName} is written #rrggbb.");

    public static IRuleBuilderOptions<T, string?> DomainName<T>(this IRuleBuilder<T, string?> rule) =>
        rule.MaximumLength(253)
            .Matches("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])\\z")
            .WithMessage("{PropertyName} is a domain name in lower case, such as listen.example.com.");

    public static IRuleBuilderOptions<T, string?> MediaType<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Matches("^[A-Za-z0-9!#$&^_.+-]{1,60}/[A-Za-z0-9!#$&^_.+-]{1,60}\\z")
            .WithMessage("{PropertyName} is a media type, such as image/png.");

    private static bool IsWebUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && uri.Scheme is "http" or "https"
        && uri.UserInfo.Length == 0
        && !text.Any(c => char.IsControl(c) || c == ' ');
}

/// <summary>Rules about JSON that a row holds.</summary>
internal static class JsonRules
{
    private const int MostBytes = 64 * 1024;

    public static IRuleBuilderOptions<T, JsonElement?> JsonObject<T>(this IRuleBuilder<T, JsonElement?> rule) =>
        rule.Json()
            .Must(json => json is null or { ValueKind: JsonValueKind.Object })
            .WithMessage("{PropertyName} is a JSON object.");

    public static IRuleBuilderOptions<T, JsonElement?> JsonArray<T>(this IRuleBuilder<T, JsonElement?> rule) =>
        rule.Json()
            .Must(json => json is null or { ValueKind: JsonValueKind.Array })
            .WithMessage("{PropertyName} is a JSON array.");

    public static IRuleBuilderOptions<T, JsonElement?> Json<T>(this IRuleBuilder<T, JsonElement?> rule) =>
        rule.Must(json => json is null || json.Value.GetRawText().Length <= MostBytes)
            .WithMessage("{PropertyName} is at most 64 kB of JSON.");

    /// <summary>Whether a text within holds U+0000, or half a character, which no text of the database does.</summary>
    public static bool HoldsNullCharacter(JsonElement json) =>
        json.ValueKind switch
        {
            JsonValueKind.String => !IsText(json),
            JsonValueKind.Array => json.EnumerateArray().Any(HoldsNullCharacter),
            JsonValueKind.Object => json.EnumerateObject()
                .Any(pair => pair.Name.Contains('\0', StringComparison.Ordinal) || HoldsNullCharacter(pair.Value)),
            _ => false,
        };

    private static bool IsText(JsonElement json)
    {
        try
        {
            return !json.GetString()!.Contains('\0', StringComparison.Ordinal);
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            return false;
        }
    }
}
