using System.Text;
using CsvHelper;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Contacts;

/// <summary>
/// The records of a CSV file (RFC 4180), one after the other, with their lines in the file; blank ones are passed over.
/// What the parser would repair in silence, a quote that is never closed or bytes that are not text, is said instead.
/// </summary>
internal sealed class CsvRecords : IDisposable
{
    /// <summary>
    /// The longest record that is taken, in bytes of UTF-8: a row of an export has the wording of each of its consents,
    /// of 10,000 characters at most.
    /// </summary>
    public const int MaxRecordBytes = 256 * 1024;

    private readonly CsvReader reader;
    private bool hasOddQuotes;

    private CsvRecords(Stream file, Encoding? encoding)
    {
        var options = new CsvReaderOptions
        {
            Encoding = encoding,
            HasHeader = false,
            TrackLineNumbers = true,
            TrimWhitespace = true,
            // The parser checks when its buffer is full; twice the size lets it pass over a record that is too long.
            MaxRecordSize = 2 * MaxRecordBytes,
            OnMalformedRecord = _ => hasOddQuotes = true,
        };
        reader = CsvReader.Create(file, options, leaveOpen: true);
    }

    /// <summary>The line the record starts on.</summary>
    public long Line => reader.LineNumber;

    /// <summary>The record's fields.</summary>
    public string[] Fields { get; private set; } = [];

    /// <summary>The record as the file has it, without its line end.</summary>
    public string Raw => Encoding.UTF8.GetString(reader.RawRecord);

    /// <summary>What is wrong with the form of this record, while the next one can be read.</summary>
    public RowProblem? Problem { get; private set; }

    /// <summary>Why there are no more records, if it is not the file's end.</summary>
    public BrokenFile? Broken { get; private set; }

    /// <summary>Starts to read where the stream stands; the stream stays open.</summary>
    /// <param name="encodingName">Null is UTF-8; a UTF-16 byte order mark outweighs it.</param>
    /// <returns>Null when nobody knows an encoding of that name.</returns>
    public static CsvRecords? Open(Stream file, string? encodingName)
    {
        if (encodingName is null)
            return new(file, encoding: null);

        var encoding = CsvEncodings.Find(encodingName);
        return encoding is null ? null : new(file, encoding);
    }

    /// <summary>Moves to the next record that is not blank.</summary>
    /// <returns>False at the end, and when the file is <see cref="Broken"/>.</returns>
    public async ValueTask<bool> Next(CancellationToken cancellation)
    {
        while (await ReadRecord(cancellation))
        {
            if (Problem is not null || !Array.TrueForAll(Fields, string.IsNullOrWhiteSpace))
                return true;
        }

        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => reader.Dispose();

    private async ValueTask<bool> ReadRecord(CancellationToken cancellation)
    {
        hasOddQuotes = false;
        try
        {
            if (!await reader.ReadAsync(cancellation))
                return false;
        }
        catch (CsvFormatException endless)
        {
            Broken = new(
                endless.LineNumber,
                FileCodes.TooLong,
                $"The record that starts here is far longer than {MaxRecordBytes} bytes; a quote may not be closed."
            );
            return false;
        }

        Check(reader.RawRecord);
        if (Broken is not null)
            return false;

        var fields = new string[reader.FieldCount];
        for (var field = 0; field < fields.Length; field++)
            fields[field] = reader.GetString(field);

        Fields = fields;
        return true;
    }

    private void Check(ReadOnlySpan<byte> record)
    {
        Problem =
            record.Length > MaxRecordBytes
                ? new(RowCodes.TooLong, $"The record is longer than {MaxRecordBytes} bytes.")
                : null;
        if (record.StartsWith("PK\u0003\u0004"u8))
        {
            Broken = new(Line, FileCodes.Header, "This is a ZIP archive or a spreadsheet, not a CSV file.");
        }
        else if (!CsvEncodings.IsText(record, out var valid))
        {
            Broken = new(
                Line + CountLineBreaks(record[..valid]),
                FileCodes.Encoding,
                "This line is not text in the file's encoding; if the file is not UTF-8, name its encoding, "
                    + "for example --encoding windows-1252."
            );
        }
        else if (hasOddQuotes)
        {
            CheckQuotes(record);
        }
    }

    /// <summary>
    /// A quote is open when nothing closes it, or when what closes it lines later was meant to open another. Quotes
    /// inside a field without quotes are just characters; everybody reads them so.
    /// </summary>
    private void CheckQuotes(ReadOnlySpan<byte> record)
    {
        var (opened, ended) = CsvQuotes.FindUnclosed(record, (byte)reader.Separator);
        if (opened < 0)
            return;

        if (ended == record.Length || CountLineBreaks(record[opened..ended]) > 0)
        {
            var line = Line + CountLineBreaks(record[..opened]);
            Broken = new(line, FileCodes.Quotes, "A quote is opened on this line and not closed.");
        }
        else
        {
            Problem = new(RowCodes.Quotes, "A quoted field has something after its quotes.");
        }
    }

    private static int CountLineBreaks(ReadOnlySpan<byte> part) =>
        part.Count((byte)'\n') + part.Count((byte)'\r') - part.Count("\r\n"u8);
}

/// <summary>What is wrong with one row.</summary>
internal sealed record RowProblem(string Code, string Reason);
