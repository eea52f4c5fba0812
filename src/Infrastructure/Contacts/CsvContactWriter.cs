using System.Globalization;
using System.Text.Json;
using CsvHelper;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Contacts;

/// <summary>Writes contacts as CSV in our own columns, which the import reads back.</summary>
internal sealed class CsvContactWriter : IContactFileWriter
{
    private static readonly string[] Columns =
    [
        "id",
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

    /// <inheritdoc/>
    public async Task Write(
        Stream file,
        IAsyncEnumerable<ContactFileExport> contacts,
        bool forSpreadsheets,
        CancellationToken cancellation = default
    )
    {
        var options = new CsvWriterOptions
        {
            Injection = forSpreadsheets ? CsvInjection.Escape : CsvInjection.None,
            WriteByteOrderMark = forSpreadsheets,
        };
        await using var csv = CsvWriter.Create(file, options, leaveOpen: true);
        await WriteRecord(csv, Columns, cancellation);
        await foreach (var contact in contacts.WithCancellation(cancellation))
            await WriteRecord(csv, Fields(contact), cancellation);

        await csv.FlushAsync(cancellation);
    }

    private static async ValueTask WriteRecord(CsvWriter csv, string?[] fields, CancellationToken cancellation)
    {
        foreach (var field in fields)
            csv.WriteField(field);

        await csv.EndRecordAsync(cancellation);
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
