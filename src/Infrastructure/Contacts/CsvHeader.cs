using System.Text.Json;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Contacts;

/// <summary>What a column is to us, whoever's file it is in.</summary>
internal enum CsvRole
{
    Email,
    Name,
    FirstName,
    LastName,
    OptInAt,
    OptInIp,
    ConfirmedAt,
    ConfirmIp,
    Source,
    UnsubscribedAt,
    UnsubscribedReason,
    CleanedAt,
    LastChangedAt,
    Attributes,
    Consents,
    SuppressedFor,
}

/// <summary>A column of a file that says whether a person may be written to.</summary>
/// <param name="MayBeData">It may be about something else: values that are not known say nothing.</param>
internal sealed record CsvStatusColumn(int Column, string Name, StatusColumn Known, bool MayBeData);

/// <summary>A header that was understood: which column plays which role, and what becomes of the others.</summary>
internal sealed class CsvHeader
{
    private static readonly Dictionary<string, CsvRole> OwnRoles = new()
    {
        ["email"] = CsvRole.Email,
        ["emailaddress"] = CsvRole.Email,
        ["name"] = CsvRole.Name,
        ["optinat"] = CsvRole.OptInAt,
        ["optinip"] = CsvRole.OptInIp,
        ["confirmedat"] = CsvRole.ConfirmedAt,
        ["confirmip"] = CsvRole.ConfirmIp,
        ["source"] = CsvRole.Source,
        ["unsubscribedat"] = CsvRole.UnsubscribedAt,
        ["unsubscribedreason"] = CsvRole.UnsubscribedReason,
        ["metadata"] = CsvRole.Attributes,
        [CsvContactWriter.ConsentsColumn] = CsvRole.Consents,
        ["suppressedfor"] = CsvRole.SuppressedFor,
    };

    private static readonly Dictionary<string, CsvRole> MailchimpRoles = new()
    {
        ["emailaddress"] = CsvRole.Email,
        ["name"] = CsvRole.Name,
        ["firstname"] = CsvRole.FirstName,
        ["lastname"] = CsvRole.LastName,
        ["optintime"] = CsvRole.OptInAt,
        ["optinip"] = CsvRole.OptInIp,
        ["confirmtime"] = CsvRole.ConfirmedAt,
        ["confirmip"] = CsvRole.ConfirmIp,
        ["source"] = CsvRole.Source,
        ["unsubtime"] = CsvRole.UnsubscribedAt,
        ["unsubreason"] = CsvRole.UnsubscribedReason,
        ["cleantime"] = CsvRole.CleanedAt,
        ["lastchanged"] = CsvRole.LastChangedAt,
    };

    private static readonly Dictionary<string, CsvRole> ListmonkRoles = new()
    {
        ["email"] = CsvRole.Email,
        ["name"] = CsvRole.Name,
        ["attributes"] = CsvRole.Attributes,
    };

    // What these say about consent is evidence; the merge fields beside them are about the person.
    private static readonly HashSet<string> MailchimpClaims =
    [
        "lastchanged",
        "leid",
        "euid",
        "unsubcampaigntitle",
        "unsubcampaignid",
        "unsubreasonother",
        "cleancampaigntitle",
        "cleancampaignid",
    ];

    // A row's creation is not an opt-in: listmonk makes one for every address that is added or imported by hand.
    private static readonly HashSet<string> ListmonkClaims = ["uuid", "createdat", "updatedat"];

    private static readonly HashSet<string> MailchimpMarks =
    [
        "memberrating",
        "optintime",
        "confirmtime",
        "unsubtime",
        "cleantime",
        "leid",
        "euid",
    ];

    private readonly int[] columns = new int[Enum.GetValues<CsvRole>().Length];
    private readonly ContactFileColumn[] _takenAs;

    private CsvHeader(ContactFileFormat format, IReadOnlyList<string> names)
    {
        Format = format;
        Names = names;
        _takenAs = new ContactFileColumn[names.Count];
    }

    /// <summary>Whose columns they are.</summary>
    public ContactFileFormat Format { get; }

    /// <summary>The columns as the file names them.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Columns that say whether a person may be written to.</summary>
    public List<CsvStatusColumn> Statuses { get; } = [];

    /// <summary>Columns that are data, as far as their names are known.</summary>
    public List<int> Unknown { get; } = [];

    /// <summary>What each column was taken as, in the order of the file.</summary>
    public IReadOnlyList<ContactFileColumn> TakenAs => _takenAs;

    /// <summary>Columns that become metadata, and their names there.</summary>
    public List<(int Column, string Key)> Metadata { get; } = [];

    /// <summary>Columns that become claims, and their names there.</summary>
    public List<(int Column, string Key)> Claims { get; } = [];

    /// <summary>Whether a column plays this role.</summary>
    public bool Has(CsvRole role) => columns[(int)role] >= 0;

    /// <summary>The column that plays this role, or -1.</summary>
    public int Column(CsvRole role) => columns[(int)role];

    /// <summary>The file's own name for the column of this role.</summary>
    public string NameOf(CsvRole role) => Names[columns[(int)role]];

    /// <summary>Understands a header, or says why not.</summary>
    public static CsvHeader? Read(string[] fields, ContactFileOptions options, out string? problem)
    {
        var names = Array.ConvertAll(fields, field => field.Trim());
        var keys = Array.ConvertAll(names, Fold);
        var header = new CsvHeader(options.Format ?? Recognize(keys), names);
        problem = header.Assign(keys, [.. (options.DataColumns ?? []).Select(Fold)]);
        return problem is null ? header : null;
    }

    /// <summary>A column's name without what people write differently: case, spaces, underscores, hyphens.</summary>
    public static string Fold(string name) =>
        string.Concat(name.Where(c => c is not ('_' or '-') && !char.IsWhiteSpace(c))).ToLowerInvariant();

    private static ContactFileFormat Recognize(string[] keys)
    {
        if (keys.Contains("emailaddress") && keys.Any(MailchimpMarks.Contains))
            return ContactFileFormat.Mailchimp;

        var isListmonk = keys.Contains("attributes") || ListmonkClaims.All(keys.Contains);
        return isListmonk ? ContactFileFormat.Listmonk : ContactFileFormat.Own;
    }

    private string? Assign(string[] keys, HashSet<string> dataKeys)
    {
        var (roles, claims) = Format switch
        {
            ContactFileFormat.Mailchimp => (MailchimpRoles, MailchimpClaims),
            ContactFileFormat.Listmonk => (ListmonkRoles, ListmonkClaims),
            _ => (OwnRoles, []),
        };
        Array.Fill(columns, -1);
        var isExport = Format == ContactFileFormat.Own && CsvContactWriter.WroteHeader(Names);
        var names = new HashSet<string>();
        // From the right: Mailchimp's own columns come after the merge fields, which may bear the same names.
        for (var column = keys.Length - 1; column >= 0; column--)
        {
            var key = keys[column];
            var isRole = roles.TryGetValue(key, out var role);
            if (isRole && Has(role) && Format != ContactFileFormat.Mailchimp)
                return $"Two columns of the header are \"{key}\".";

            var known = isRole ? null : StatusColumns.Known.Find(key);
            var isData = dataKeys.Remove(key);
            if (isData && (isRole || known is { MayBeData: false, IsAboutSomethingElse: false }))
                return $"The column \"{Names[column]}\" says whether a person may be written to: it is no data.";

            if (isData)
                TakeData(column, names);
            else if (isExport && Names[column] == CsvContactWriter.IdColumn)
                _takenAs[column] = new(Names[column], ContactFileColumn.Id);
            else if (isRole && !Has(role))
            {
                TakeRole(column, role, tool: null);
                if (claims.Contains(key))
                    Claims.Add((column, Unique(Names[column], column, names)));
            }
            else if (known?.Role is { } evidence && !Has(evidence))
                TakeRole(column, evidence, known.Tool);
            else
                Keep(column, key, known, claims.Contains(key), names);
        }

        if (dataKeys.Count > 0)
            return "A column that was named as data is not in the header.";

        Metadata.Reverse();
        Claims.Reverse();
        Statuses.Reverse();
        if (Names.Any(name => CsvValues.HasControls(name)))
            return "The header has control characters in it; if the file is UTF-16, pass --encoding utf-16.";

        return Has(CsvRole.Email)
            ? null
            : "The first line is not a header that we know: it must name the column \"email\" (ours, listmonk) or "
                + "\"Email Address\" (Mailchimp).";
    }

    private void TakeRole(int column, CsvRole role, string? tool)
    {
        columns[(int)role] = column;
        _takenAs[column] = new(Names[column], JsonNamingPolicy.SnakeCaseLower.ConvertName(role.ToString()), tool);
    }

    private void TakeData(int column, HashSet<string> names)
    {
        Metadata.Add((column, Unique(Names[column], column, names)));
        _takenAs[column] = new(Names[column], ContactFileColumn.Metadata);
    }

    private void Keep(int column, string key, StatusColumn? known, bool isClaim, HashSet<string> names)
    {
        var isStatus = known is { Role: null, IsAboutSomethingElse: false } && !isClaim;
        // Mailchimp has no column of status: a merge field of that name may be about something else.
        var mayBeData = isStatus && (known!.MayBeData || Format == ContactFileFormat.Mailchimp);
        if (isStatus)
            Statuses.Add(new(column, Names[column], known!, mayBeData));

        if (isClaim)
            Claims.Add((column, Unique(Names[column], column, names)));
        else if (!isStatus || mayBeData)
            Metadata.Add((column, Unique(Names[column], column, names)));

        var kind =
            isStatus ? ContactFileColumn.Status
            : isClaim ? ContactFileColumn.Claim
            : ContactFileColumn.Metadata;
        var isUnknown = kind == ContactFileColumn.Metadata && known is null;
        if (isUnknown)
            Unknown.Add(column);

        _takenAs[column] = new(Names[column], kind, isStatus ? known!.Tool : null)
        {
            LooksLikeStatus = isUnknown && StatusColumns.Known.NameSuggestsStatus(key),
        };
    }

    private static string Unique(string name, int column, HashSet<string> names)
    {
        var key = name.Length == 0 ? $"column {column + 1}" : name;
        return names.Add(key) ? key : $"{key} ({column + 1})";
    }
}
