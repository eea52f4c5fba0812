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
    Status,
    UnsubscribedAt,
    UnsubscribedReason,
    CleanedAt,
    LastChangedAt,
    Attributes,
}

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
        ["status"] = CsvRole.Status,
        ["subscribed"] = CsvRole.Status,
        ["unsubscribedat"] = CsvRole.UnsubscribedAt,
        ["unsubscribedreason"] = CsvRole.UnsubscribedReason,
        ["metadata"] = CsvRole.Attributes,
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
        ["status"] = CsvRole.Status,
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
        ["status"] = CsvRole.Status,
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

    private CsvHeader(ContactFileFormat format, IReadOnlyList<string> names)
    {
        Format = format;
        Names = names;
    }

    /// <summary>Whose columns they are.</summary>
    public ContactFileFormat Format { get; }

    /// <summary>The columns as the file names them.</summary>
    public IReadOnlyList<string> Names { get; }

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
    /// <param name="format">Null: told from the columns.</param>
    public static CsvHeader? Read(string[] fields, ContactFileFormat? format, out string? problem)
    {
        var names = Array.ConvertAll(fields, field => field.Trim());
        var keys = Array.ConvertAll(names, Fold);
        var header = new CsvHeader(format ?? Recognize(keys), names);
        problem = header.Assign(keys);
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

    private string? Assign(string[] keys)
    {
        var (roles, claims) = Format switch
        {
            ContactFileFormat.Mailchimp => (MailchimpRoles, MailchimpClaims),
            ContactFileFormat.Listmonk => (ListmonkRoles, ListmonkClaims),
            _ => (OwnRoles, []),
        };
        Array.Fill(columns, -1);
        var names = new HashSet<string>();
        // From the right: Mailchimp's own columns come after the merge fields, which may bear the same names.
        for (var column = keys.Length - 1; column >= 0; column--)
        {
            var key = keys[column];
            var isRole = roles.TryGetValue(key, out var role);
            if (isRole && Has(role) && Format != ContactFileFormat.Mailchimp)
                return $"Two columns of the header are {(role == CsvRole.Status ? "a status" : $"\"{key}\"")}.";

            var isTaken = isRole && !Has(role);
            if (isTaken)
                columns[(int)role] = column;

            if (claims.Contains(key))
                Claims.Add((column, Unique(Names[column], column, names)));
            else if (!isTaken)
                Metadata.Add((column, Unique(Names[column], column, names)));
        }

        Metadata.Reverse();
        Claims.Reverse();
        if (Names.Any(name => CsvValues.HasControls(name)))
            return "The header has control characters in it; if the file is UTF-16, pass --encoding utf-16.";

        return Has(CsvRole.Email)
            ? null
            : "The first line is not a header that we know: it must name the column \"email\" (ours, listmonk) or "
                + "\"Email Address\" (Mailchimp).";
    }

    private static string Unique(string name, int column, HashSet<string> names)
    {
        var key = name.Length == 0 ? $"column {column + 1}" : name;
        return names.Add(key) ? key : $"{key} ({column + 1})";
    }
}
