using System.Text.Json;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.Files;

namespace SchemaHub.Infrastructure.Contacts;

/// <summary>Makes a contact of a record's fields. The first thing wrong with them rejects the row.</summary>
/// <param name="isEscaped">Formulas have an apostrophe before them, which is taken off.</param>
internal sealed class CsvRow(CsvHeader header, TimeProvider clock, bool isEscaped = false)
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
    private Dictionary<string, string>? metadata;
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

        if (!EmailAddress.TryParse(values[(int)CsvRole.Email], out var email, out var reason))
        {
            Reject(RowCodes.Email, reason);
            return null;
        }

        ReadAttributes();
        var name = ReadName();
        var optInAt = ReadInstant(CsvRole.OptInAt);
        var optInIp = ReadIp(CsvRole.OptInIp);
        var confirmedAt = ReadInstant(CsvRole.ConfirmedAt);
        var confirmIp = ReadIp(CsvRole.ConfirmIp);
        var source = ReadText(CsvRole.Source);
        var unsubscribedAt = ReadInstant(CsvRole.UnsubscribedAt);
        var cleanedAt = ReadInstant(CsvRole.CleanedAt);
        var withdrawalReason = ReadText(CsvRole.UnsubscribedReason);
        var standing = ReadStanding(fields, optInAt, unsubscribedAt);

        FileConsent? consent = null;
        if (optInAt is { } at && standing != CsvStanding.Dormant)
        {
            consent = new(at, optInIp, confirmedAt, confirmIp, source);
        }
        else
        {
            // No consent, but what the file says stays evidence.
            Keep(ref claims, "opt_in_at", optInAt?.ToString("O"));
            Keep(ref claims, "opt_in_ip", optInIp);
            Keep(ref claims, "confirmed_at", confirmedAt?.ToString("O"));
            Keep(ref claims, "confirm_ip", confirmIp);
            Keep(ref claims, "source", source);
        }

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
        return new ContactFileRow(line, email, name, consent, withdrawal, metadata, claims, isDormant);
    }

    private CsvStanding ReadStanding(string[] fields, DateTimeOffset? optInAt, DateTimeOffset? unsubscribedAt)
    {
        var byTimes = ReadStandingFromTimes();
        if (ReadStatuses(fields) is not { } byStatus)
            return byTimes;

        if (header.Format == ContactFileFormat.Mailchimp)
            // A merge field takes consent away, and never gives it.
            return byTimes == CsvStanding.Active ? byStatus : byTimes;

        // Both can be true of somebody who came back; otherwise having left outweighs the word "subscribed".
        var hasComeBack = optInAt > unsubscribedAt;
        return byStatus is CsvStanding.Active or CsvStanding.Dormant && unsubscribedAt is not null && !hasComeBack
            ? CsvStanding.Unsubscribed
            : byStatus;
    }

    /// <summary>Of all columns that are a status, what speaks most against writing; null where all are empty.</summary>
    private CsvStanding? ReadStatuses(string[] fields)
    {
        CsvStanding? strongest = null;
        foreach (var status in header.Statuses)
        {
            var value = fields[status.Column].Trim();
            if (value.Length == 0)
                continue;

            if (!status.Known.TryRead(value, out var standing))
            {
                if (!status.MayBeData)
                    Reject(RowCodes.Status, $"The status in \"{status.Name}\" is not known.");
                continue;
            }

            if (strongest is not null && standing <= strongest)
                continue;

            (strongest, statusValue) = (standing, value);
            statusReason = status.Known.HoldsReasons ? value : null;
        }

        return strongest;
    }

    /// <summary>
    /// Mailchimp's exports have no status: there is a file per status, and only the one of subscribed members says when
    /// a member last changed. People put the three into one file, so the row decides where it can.
    /// </summary>
    private CsvStanding ReadStandingFromTimes()
    {
        if (values[(int)CsvRole.UnsubscribedAt] is not null)
            return CsvStanding.Unsubscribed;

        if (values[(int)CsvRole.CleanedAt] is not null)
            return CsvStanding.Bounced;

        if (header.Format != ContactFileFormat.Mailchimp || values[(int)CsvRole.LastChangedAt] is not null)
            return CsvStanding.Active;

        return (header.Has(CsvRole.UnsubscribedAt), header.Has(CsvRole.CleanedAt)) switch
        {
            (false, false) => CsvStanding.Active,
            (true, false) when !header.Has(CsvRole.LastChangedAt) => CsvStanding.Unsubscribed,
            (false, true) when !header.Has(CsvRole.LastChangedAt) => CsvStanding.Bounced,
            _ => CsvStanding.Dormant,
        };
    }

    private string? ReadName()
    {
        var name = values[(int)CsvRole.Name];
        var (first, last) = (values[(int)CsvRole.FirstName], values[(int)CsvRole.LastName]);
        Keep(ref metadata, "First Name", first);
        Keep(ref metadata, "Last Name", last);
        name ??= first is null || last is null ? first ?? last : $"{first} {last}";
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

        if (!CsvValues.TryReadInstant(text, out var instant))
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
        var value = element.ValueKind switch
        {
            JsonValueKind.String => element.GetString()!.Trim(),
            JsonValueKind.Null => "",
            _ => element.GetRawText(),
        };
        var isListmonk = header.Format == ContactFileFormat.Listmonk;
        if (isListmonk && AttributeRoles.TryGetValue(CsvHeader.Fold(key), out var role) && values[(int)role] is null)
            values[(int)role] = value.Length == 0 ? null : value;
        else
            Keep(ref metadata, key, value);

        if (CsvValues.HasControls(key))
            Reject(RowCodes.ControlCharacter, "An attribute's name has a control character in it.");
    }

    private void Keep(ref Dictionary<string, string>? into, string key, string? value)
    {
        if (string.IsNullOrWhiteSpace(value))
            return;

        if (CsvValues.HasControls(value))
            Reject(RowCodes.ControlCharacter, "A field has a control character in it.");

        into ??= [];
        into[key] = value.Trim();
    }

    private string NameOf(CsvRole role) => header.Has(role) ? header.NameOf(role) : role.ToString();

    private void Reject(string code, string reason) => problem ??= new RowProblem(code, reason);
}
