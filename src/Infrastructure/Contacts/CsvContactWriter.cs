using System.Globalization;
using System.Text;
using System.Text.Json;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.Files;

namespace SchemaHub.Infrastructure.Contacts;

/// <summary>Writes contacts as CSV in our own columns, which the import reads back.</summary>
internal sealed class CsvContactWriter : IContactFileWriter
{
    private const int FlushCharacters = 16 * 1024;

    /// <summary>The number that a contact had where the file was written.</summary>
    public const string IdColumn = "id";

    /// <summary>What stands for each purpose, as JSON: see <see cref="CsvConsents"/>.</summary>
    public const string ConsentsColumn = "consents";

    /// <summary>Why the address must not be written to.</summary>
    public const string SuppressedColumn = "suppressed_for";

    private static readonly string[] Columns =
    [
        IdColumn,
        "email",
        "name",
        "subscribed",
        "opt_in_at",
        "opt_in_ip",
        "confirmed_at",
        "confirm_ip",
        "source",
        "unsubscribed_at",
        "unsubscribed_reason",
        "metadata",
        ConsentsColumn,
        SuppressedColumn,
    ];

    /// <summary>Whether a file has the columns of an export of ours; those of earlier versions are fewer.</summary>
    public static bool WroteHeader(IReadOnlyList<string> names) =>
        Columns.All(column => column is ConsentsColumn or SuppressedColumn || names.Contains(column));

    /// <inheritdoc/>
    public async Task Write(
        Stream file,
        IAsyncEnumerable<ContactFileExport> contacts,
        ContactFileStyle style,
        CancellationToken cancellation = default
    )
    {
        var isRaw = style == ContactFileStyle.Raw;
        var encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: style == ContactFileStyle.Spreadsheet);
        await using var output = new StreamWriter(file, encoding, bufferSize: FlushCharacters, leaveOpen: true);
        var text = new StringBuilder();
        CsvText.AppendRow(text, Columns, isRaw);
        await foreach (var contact in contacts.WithCancellation(cancellation))
        {
            CsvText.AppendRow(text, Fields(contact), isRaw);
            if (text.Length >= FlushCharacters)
                await Flush();
        }

        await Flush();
        await output.FlushAsync(cancellation);

        async Task Flush()
        {
            await output.WriteAsync(text, cancellation);
            text.Clear();
        }
    }

    private static string?[] Fields(ContactFileExport contact) =>
        [
            contact.Id,
            contact.Email,
            contact.Name,
            contact.Subscribed ? "true" : "false",
            Text(contact.Consent?.OptInAt),
            contact.Consent?.OptInIp,
            Text(contact.Consent?.ConfirmedAt),
            contact.Consent?.ConfirmIp,
            contact.Consent?.Source,
            Text(contact.UnsubscribedAt),
            contact.UnsubscribedReason,
            contact.Metadata is { ValueKind: JsonValueKind.Object } metadata && metadata.EnumerateObject().Any()
                ? JsonSerializer.Serialize(metadata)
                : null,
            CsvConsents.Write(contact.Purposes ?? []),
            contact.SuppressedFor,
        ];

    private static string? Text(DateTimeOffset? instant) =>
        instant?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);
}
