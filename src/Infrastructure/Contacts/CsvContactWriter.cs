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
    ];

    /// <summary>Whether a file has all of the columns of an export of ours.</summary>
    public static bool WroteHeader(IReadOnlyList<string> names) => Columns.All(names.Contains);

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
            contact.Metadata is { Count: > 0 } metadata ? JsonSerializer.Serialize(metadata) : null,
        ];

    private static string? Text(DateTimeOffset? instant) =>
        instant?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);
}
