using System.Text.Json;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.Files;

namespace SchemaHub.Infrastructure.Contacts;

/// <summary>Makes a contact of a record's fields. The first thing wrong with them rejects the row.</summary>
/// <param name="isEscaped">Formulas have an apostrophe before them, which is taken off.</param>
/// <param name="dates">How a date is read that begins with day and month; null: not at all.</param>
internal sealed partial class CsvRow(
    CsvHeader header,
    TimeProvider clock,
    bool isEscaped = false,
    DateOrder? dates = null
)
{
    private const int MaxNameLength = 255;

    // Where people keep evidence in listmonk, which has no columns for it: in the attributes.
    private static readonly Dictionary<string, CsvRole> AttributeRoles = new()
    {
        ["optinat"] = CsvRole.OptInAt,
        ["optintime"] = CsvRole.OptInAt,
        ["optinip"] = CsvRole.OptInIp,
        ["confirmedat"] = CsvRole.ConfirmedAt,
        ["confirmtime"] = CsvRole.ConfirmedAt,
        ["confirmip"] = CsvRole.ConfirmIp,
        ["source"] = CsvRole.Source,
    };

    private readonly string?[] values = new string?[Enum.GetValues<CsvRole>().Length];
    private Dictionary<string, object>? metadata;
    private Dictionary<string, string>? claims;
    private RowProblem? problem;
    private string? statusValue;
    private string? statusReason;

    /// <summary>The contact, or null and what is wrong.</summary>
    public ContactFileRow? Read(long line, string[] fields, out RowProblem? wrong)
    {
        (problem, metadata, claims, statusValue, statusReason) = (null, null, null, null, null);
        var row = fields.Length == header.Names.Count ? ReadFields(line, Original(fields)) : null;
        if (fields.Length != header.Names.Count)
            Reject(RowCodes.Columns, $"The row has {fields.Length} fields, the header {header.Names.Count}.");

        wrong = problem;
        return problem is null ? row : null;
    }

    private string[] Original(string[] fields) => isEscaped ? Array.ConvertAll(fields, CsvText.Unescape) : fields;

    private ContactFileRow? ReadFields(long line, string[] fields)
    {
        for (var role = 0; role < values.Length; role++)
        {
            var column = header.Column((CsvRole)role);
            values[role] = column >= 0 && fields[column].Trim() is { Length: > 0 } value ? value : null;
        }

        foreach (var (column, key) in header.Metadata)
            Keep(ref metadata, key, fields[column]);

        foreach (var (column, key) in header.Claims)
            Keep(ref claims, key, fields[column]);

        var (address, shownName) = CsvMailbox.Split(values[(int)CsvRole.Email]);
        if (!EmailAddress.TryParse(address, out var email, out var reason))
        {
            Reject(RowCodes.Email, reason);
            return null;
        }

        ReadAttributes();
        var name = ReadName(shownName);
        var optInAt = ReadInstant(CsvRole.OptInAt);
        var optInIp = ReadIp(CsvRole.OptInIp);
        var confirmedAt = ReadInstant(CsvRole.ConfirmedAt);
        var confirmIp = ReadIp(CsvRole.ConfirmIp);
        var source = ReadText(CsvRole.Source);
        var unsubscribedAt = ReadInstant(CsvRole.UnsubscribedAt);
        var cleanedAt = ReadInstant(CsvRole.CleanedAt);
        var withdrawalReason = ReadText(CsvRole.UnsubscribedReason);
        var purposes = ReadPurposes();
        var standing = ReadSuppression() ?? ReadStanding(fields, optInAt, unsubscribedAt);

        FileConsent? consent = null;
        if (optInAt is { } at && standing != CsvStanding.Dormant)
            consent = new(at, optInIp, confirmedAt, confirmIp, source);
        else
            KeepEvidence(optInAt, optInIp, confirmedAt, confirmIp, source);

        var withdrawal = standing.Withdrawal() is { } kind
            ? new FileWithdrawal(kind, unsubscribedAt ?? cleanedAt, withdrawalReason ?? statusReason)
            : null;
        if (withdrawal is null)
        {
            Keep(ref claims, "status", standing == CsvStanding.Dormant ? statusValue : null);
            Keep(ref claims, "unsubscribed_at", unsubscribedAt?.ToString("O"));
            Keep(ref claims, "unsubscribed_reason", withdrawalReason);
        }

        var isDormant = standing == CsvStanding.Dormant;
        return new ContactFileRow(line, email, name, consent, withdrawal, metadata, claims, isDormant)
        {
            Purposes = purposes,
        };
    }

    // No consent, but what the file says stays evidence.
    private void KeepEvidence(
        DateTimeOffset? optInAt,
        string? optInIp,
        DateTimeOffset? confirmedAt,
        string? confirmIp,
        string? source
    )
    {
        Keep(ref claims, "opt_in_at", optInAt?.ToString("O"));
        Keep(ref claims, "opt_in_ip", optInIp);
        Keep(ref claims, "confirmed_at", confirmedAt?.ToString("O"));
        Keep(ref claims, "confirm_ip", confirmIp);
        Keep(ref claims, "source", source);
    }

    private IReadOnlyList<FilePurpose>? ReadPurposes()
    {
        if (values[(int)CsvRole.Consents] is not { } json)
            return null;

        if (CsvConsents.Read(json, clock.GetUtcNow(), out var wrong) is { } purposes)
            return purposes;

        Reject(RowCodes.Consents, $"\"{NameOf(CsvRole.Consents)}\" is not as an export writes it: {wrong}");
        return null;
    }

    private string? ReadName(string? shownName)
    {
        var name = values[(int)CsvRole.Name];
        var (first, last) = (values[(int)CsvRole.FirstName], values[(int)CsvRole.LastName]);
        Keep(ref metadata, "First Name", first);
        Keep(ref metadata, "Last Name", last);
        name ??= first is null || last is null ? first ?? last : $"{first} {last}";
        name ??= shownName;
        if (name?.Length > MaxNameLength)
            Reject(RowCodes.Name, $"The name is longer than {MaxNameLength} characters.");
        else if (CsvValues.HasLineControls(name))
            Reject(RowCodes.ControlCharacter, "The name has a control character or a line break in it.");

        return name;
    }

    private string? ReadText(CsvRole role)
    {
        var text = values[(int)role];
        if (CsvValues.HasControls(text))
            Reject(RowCodes.ControlCharacter, "A field has a control character in it.");

        return text;
    }

    private DateTimeOffset? ReadInstant(CsvRole role)
    {
        if (values[(int)role] is not { } text)
            return null;

        var isRead = CsvValues.TryReadInstant(text, out var instant);
        if (!isRead && dates is { } order)
            isRead = CsvDates.TryRead(text, order, out instant);

        if (!isRead)
            Reject(RowCodes.Time, $"\"{NameOf(role)}\" is not a date and time since 1990 like 2024-03-01T10:00:00Z.");
        else if (instant > clock.GetUtcNow())
            Reject(RowCodes.Future, $"\"{NameOf(role)}\" is in the future.");

        return instant;
    }

    private string? ReadIp(CsvRole role)
    {
        if (values[(int)role] is not { } text)
            return null;

        if (!CsvValues.TryReadIp(text, out var ip))
            Reject(RowCodes.Ip, $"\"{NameOf(role)}\" is not an IP address.");

        return ip;
    }

    private void ReadAttributes()
    {
        if (values[(int)CsvRole.Attributes] is not { } json)
            return;

        try
        {
            using var document = JsonDocument.Parse(json);
            foreach (var property in document.RootElement.EnumerateObject())
                TakeAttribute(property.Name, property.Value);
        }
        // The latter: not an object, or half a surrogate pair in an escape.
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            Reject(RowCodes.Attributes, $"\"{header.NameOf(CsvRole.Attributes)}\" is not a JSON object.");
        }
    }

    private void TakeAttribute(string key, JsonElement element)
    {
        var text = element.ValueKind == JsonValueKind.String ? element.GetString()!.Trim() : null;
        var isListmonk = header.Format == ContactFileFormat.Listmonk;
        if (isListmonk && AttributeRoles.TryGetValue(CsvHeader.Fold(key), out var role) && values[(int)role] is null)
            values[(int)role] = text ?? (element.ValueKind == JsonValueKind.Null ? null : element.GetRawText());
        else if (text is not null)
            Keep(ref metadata, key, text);
        else if (element.ValueKind != JsonValueKind.Null)
            KeepJson(key, element);

        if (CsvValues.HasControls(key))
            Reject(RowCodes.ControlCharacter, "An attribute's name has a control character in it.");
    }

    // The type stays: a "false" that is text would be true in a template.
    private void KeepJson(string key, JsonElement element)
    {
        if (MetadataRules.IsStorable(element))
            (metadata ??= [])[key] = element.Clone();
        else
            Reject(
                RowCodes.Attributes,
                "An attribute holds a null character, half a surrogate pair, or a number out of range."
            );
    }

    private void Keep<T>(ref Dictionary<string, T>? into, string key, string? value)
        where T : class
    {
        if (string.IsNullOrWhiteSpace(value))
            return;

        if (CsvValues.HasControls(value))
            Reject(RowCodes.ControlCharacter, "A field has a control character in it.");

        into ??= [];
        into[key] = (T)(object)value.Trim();
    }

    private string NameOf(CsvRole role) => header.Has(role) ? header.NameOf(role) : role.ToString();

    private void Reject(string code, string reason) => problem ??= new RowProblem(code, reason);
}
