using System.Text.Json;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>Whose columns a contact list has.</summary>
public enum ContactFileFormat
{
    /// <summary>Ours: email, name, opt_in_at and so on; any other column is metadata.</summary>
    Own,

    /// <summary>An audience export of Mailchimp: subscribed, unsubscribed or cleaned members, or all in one.</summary>
    Mailchimp,

    /// <summary>listmonk's export of subscribers, or the form it imports: attributes are JSON.</summary>
    Listmonk,
}

/// <summary>What the caller knows about a file that the file does not say.</summary>
/// <param name="Format">Null: told from the header.</param>
/// <param name="Encoding">
/// An IANA name such as <c>windows-1252</c>. Null: UTF-8. A byte order mark of UTF-16 outweighs it.
/// </param>
/// <param name="DataColumns">
/// Columns whose names suggest a status and that are data about the person, by the caller's word.
/// </param>
/// <param name="IsRaw">
/// The file is of our own format and was exported without escaping: it keeps an apostrophe before a formula.
/// </param>
/// <param name="Dates">
/// How dates such as <c>1/2/2023 10:00</c> are read. Null: as the dates themselves show; one that does not is refused.
/// </param>
public sealed record ContactFileOptions(
    ContactFileFormat? Format = null,
    string? Encoding = null,
    IReadOnlyList<string>? DataColumns = null,
    bool IsRaw = false,
    DateOrder? Dates = null
);

/// <summary>One thing found in a contact list. Lines are those of the file as it lies there, the first is 1.</summary>
public abstract record ContactFileEntry(long Line);

/// <summary>The header was understood. The first entry of every file that can be read.</summary>
public sealed record ContactFileHeader(long Line, ContactFileFormat Format, IReadOnlyList<ContactFileColumn> Columns)
    : ContactFileEntry(Line);

/// <summary>What a column of a file was taken as.</summary>
/// <param name="Name">As the file has it.</param>
/// <param name="TakenAs">
/// <c>email</c>, <c>name</c>, <c>opt_in_at</c> and so on; <see cref="Status"/>, <see cref="Claim"/>,
/// <see cref="Metadata"/> or <see cref="Id"/>.
/// </param>
/// <param name="Tool">The tools whose exports have the column, where it was known by that.</param>
public sealed record ContactFileColumn(string Name, string TakenAs, string? Tool = null)
{
    /// <summary>It says whether the person may be written to.</summary>
    public const string Status = "status";

    /// <summary>It is kept as evidence beside the consent.</summary>
    public const string Claim = "claim";

    /// <summary>It is kept with the person, as data.</summary>
    public const string Metadata = "metadata";

    /// <summary>
    /// Of an export of ours: the number that the contact had. It gets a new one, and this is not kept.
    /// </summary>
    public const string Id = "id";

    /// <summary>
    /// Its name or its values suggest that it says whether the person may be written to, and it is not known.
    /// </summary>
    public bool LooksLikeStatus { get; init; }
}

/// <summary>A good row: somebody, and what the file says about them.</summary>
/// <param name="Consent">
/// Null without an opt-in time, and where the file says that an opt-in was never finished or is switched off.
/// </param>
/// <param name="Withdrawal">
/// Set when the row says that the person must not be written to. <paramref name="Consent"/> then is what went before.
/// </param>
/// <param name="Metadata">
/// The columns that are about the person and not about consent, as text, and the attributes of a column of JSON, as the
/// <see cref="JsonElement"/> that they are; no empty values.
/// </param>
/// <param name="Claims">What else the file says about how the address came in or went out; no empty values.</param>
/// <param name="IsDormant">
/// The file says that the person is not written to though they never left: an opt-in without its second step, a contact
/// that is switched off.
/// </param>
public sealed record ContactFileRow(
    long Line,
    EmailAddress Email,
    string? Name,
    FileConsent? Consent,
    FileWithdrawal? Withdrawal,
    IReadOnlyDictionary<string, object>? Metadata,
    IReadOnlyDictionary<string, string>? Claims,
    bool IsDormant = false
) : ContactFileEntry(Line)
{
    /// <summary>
    /// What an export of ours says of each purpose. Null: the row speaks by its columns alone, of the purpose that the
    /// import names.
    /// </summary>
    public IReadOnlyList<FilePurpose>? Purposes { get; init; }
}

/// <summary>The evidence of consent that a row came with. Times are UTC, whole microseconds, never future.</summary>
/// <param name="OptInIp">IPv4 or IPv6 text, normalized.</param>
/// <param name="ConfirmIp">IPv4 or IPv6 text, normalized.</param>
/// <param name="Source">Where the person signed up, in the file's own words.</param>
public sealed record FileConsent(
    DateTimeOffset OptInAt,
    string? OptInIp,
    DateTimeOffset? ConfirmedAt,
    string? ConfirmIp,
    string? Source
);

/// <summary>The row says that this person must not be written to.</summary>
/// <param name="At">When it happened, if the file says so.</param>
/// <param name="Reason">Why, in the file's own words.</param>
public sealed record FileWithdrawal(FileWithdrawalKind Kind, DateTimeOffset? At, string? Reason);

/// <summary>Why a person must not be written to.</summary>
public enum FileWithdrawalKind
{
    /// <summary>They left.</summary>
    Unsubscribed,

    /// <summary>The mailbox does not take mail (bounced, cleaned).</summary>
    Bounced,

    /// <summary>They called the mail spam.</summary>
    Complained,

    /// <summary>Somebody put the address on a block list.</summary>
    Blocked,
}

/// <summary>A row that cannot be taken. The rows around it can.</summary>
/// <param name="Code">Stable: see <see cref="RowCodes"/>.</param>
/// <param name="Reason">One plain sentence without anything personal in it.</param>
/// <param name="Raw">The record as the file has it, without its line end.</param>
public sealed record RejectedRow(long Line, string Code, string Reason, string Raw) : ContactFileEntry(Line);

/// <summary>The file cannot be read from this line on. Always the last entry; the rows before it stand.</summary>
/// <param name="Code">Stable: see <see cref="FileCodes"/>.</param>
public sealed record BrokenFile(long Line, string Code, string Reason) : ContactFileEntry(Line);

/// <summary>Why rows are rejected.</summary>
public static class RowCodes
{
    /// <summary>Not an address.</summary>
    public const string Email = "row.email";

    /// <summary>A name over 255 characters.</summary>
    public const string Name = "row.name";

    /// <summary>A control character.</summary>
    public const string ControlCharacter = "row.control_character";

    /// <summary>Not an unambiguous date and time.</summary>
    public const string Time = "row.time";

    /// <summary>A time in the future.</summary>
    public const string Future = "row.future";

    /// <summary>Not an IP address.</summary>
    public const string Ip = "row.ip";

    /// <summary>A status nobody knows.</summary>
    public const string Status = "row.status";

    /// <summary>Attributes that are not a JSON object.</summary>
    public const string Attributes = "row.attributes";

    /// <summary>Consents that are not as an export writes them.</summary>
    public const string Consents = "row.consents";

    /// <summary>More or fewer fields than the header.</summary>
    public const string Columns = "row.columns";

    /// <summary>A quoted field with something beside its quotes.</summary>
    public const string Quotes = "row.quotes";

    /// <summary>A record that is too long.</summary>
    public const string TooLong = "row.too_long";

    /// <summary>An address that an earlier row has.</summary>
    public const string Duplicate = "row.duplicate";
}

/// <summary>Why a file cannot be read, or not further.</summary>
public static class FileCodes
{
    /// <summary>No header that we know.</summary>
    public const string Header = "file.header";

    /// <summary>Bytes that the encoding does not have, or an encoding that nobody knows.</summary>
    public const string Encoding = "file.encoding";

    /// <summary>A quote that is opened and never closed.</summary>
    public const string Quotes = "file.quotes";

    /// <summary>A record without end.</summary>
    public const string TooLong = "file.too_long";
}

/// <summary>Reads contact lists.</summary>
public interface IContactFileReader
{
    /// <summary>
    /// Reads a list from where the stream stands, in constant memory but for some 16 bytes per address (duplicates).
    /// Nothing is thrown for what is in the file: a bad row is a <see cref="RejectedRow"/>, a bad file ends in a
    /// <see cref="BrokenFile"/>.
    /// </summary>
    IAsyncEnumerable<ContactFileEntry> Read(
        Stream file,
        ContactFileOptions options,
        CancellationToken cancellation = default
    );

    /// <summary>
    /// Reads what the columns of a list are, by their names, and how its dates are written.
    /// </summary>
    /// <param name="byValues">Judges columns that are not known by their values, too.</param>
    Task<ContactFileShape> ReadShape(
        Stream file,
        ContactFileOptions options,
        bool byValues,
        CancellationToken cancellation = default
    );
}

/// <summary>A contact as we hand it out.</summary>
/// <param name="Id">As our API calls it.</param>
/// <param name="Consent">The evidence of the consent to the newsletter that holds, or held last.</param>
/// <param name="Metadata">A JSON object, or null.</param>
/// <param name="Purposes">What stands for each purpose, the newsletter first.</param>
/// <param name="SuppressedFor">Why the address must not be written to: one of <see cref="SuppressionReasons"/>.</param>
public sealed record ContactFileExport(
    string Id,
    string Email,
    string? Name,
    bool Subscribed,
    FileConsent? Consent = null,
    DateTimeOffset? UnsubscribedAt = null,
    string? UnsubscribedReason = null,
    JsonElement? Metadata = null,
    IReadOnlyList<FilePurpose>? Purposes = null,
    string? SuppressedFor = null
);

/// <summary>How a contact list is written.</summary>
public enum ContactFileStyle
{
    /// <summary>
    /// A cell that a spreadsheet would run as a formula has an apostrophe before it, which the import takes off.
    /// </summary>
    Escaped,

    /// <summary>The same, with a byte order mark, by which spreadsheets know UTF-8.</summary>
    Spreadsheet,

    /// <summary>For programs: every value as it is.</summary>
    Raw,
}

/// <summary>Writes contact lists.</summary>
public interface IContactFileWriter
{
    /// <summary>Writes our own format as the contacts come. The stream stays open.</summary>
    Task Write(
        Stream file,
        IAsyncEnumerable<ContactFileExport> contacts,
        ContactFileStyle style,
        CancellationToken cancellation = default
    );
}
