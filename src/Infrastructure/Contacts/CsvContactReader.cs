using System.Runtime.CompilerServices;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Contacts;

/// <summary>Reads contact lists that are CSV: ours, Mailchimp's, listmonk's.</summary>
internal sealed class CsvContactReader(TimeProvider clock) : IContactFileReader
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<ContactFileEntry> Read(
        Stream file,
        ContactFileOptions options,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        using var records = CsvRecords.Open(file, options.Encoding);
        if (records is null)
        {
            yield return new BrokenFile(
                1,
                FileCodes.Encoding,
                "There is no encoding of that name; windows-1252 and utf-16 are examples."
            );
            yield break;
        }

        if (!await records.Next(cancellation))
        {
            yield return records.Broken ?? new(1, FileCodes.Header, "The file is empty.");
            yield break;
        }

        var problem = records.Problem?.Reason;
        var header = problem is null ? CsvHeader.Read(records.Fields, options, out problem) : null;
        if (header is null)
        {
            yield return new BrokenFile(records.Line, FileCodes.Header, problem!);
            yield break;
        }

        yield return new ContactFileHeader(records.Line, header.Format, header.TakenAs);
        var isEscaped = header.Format == ContactFileFormat.Own && !options.IsRaw;
        var row = new CsvRow(header, clock, isEscaped, options.Dates);
        var seen = new CsvAddressesSeen();
        while (await records.Next(cancellation))
        {
            cancellation.ThrowIfCancellationRequested();
            yield return ReadRow(records, row, seen);
        }

        if (records.Broken is not null)
            yield return records.Broken;
    }

    /// <inheritdoc/>
    public async Task<ContactFileShape> ReadShape(
        Stream file,
        ContactFileOptions options,
        bool byValues,
        CancellationToken cancellation = default
    )
    {
        using var records = CsvRecords.Open(file, options.Encoding);
        if (records is null || !await records.Next(cancellation) || records.Problem is not null)
            return ContactFileShape.None;

        if (CsvHeader.Read(records.Fields, options, out _) is not { } header)
            return ContactFileShape.None;

        var hints = new CsvStatusHints(header);
        var dates = new CsvDates(header);
        while ((dates.WantsMore || (byValues && hints.WantsMore)) && await records.Next(cancellation))
        {
            dates.Take(records.Line, records.Fields);
            if (byValues)
                hints.Take(records.Fields);
        }

        return new ContactFileShape(hints.Columns(), dates.Found(options.Dates));
    }

    private static ContactFileEntry ReadRow(CsvRecords records, CsvRow row, CsvAddressesSeen seen)
    {
        var problem = records.Problem;
        var contact = problem is null ? row.Read(records.Line, records.Fields, out problem) : null;
        if (contact is not null && IsDuplicate(contact, seen))
            problem = new(RowCodes.Duplicate, "An earlier row has this address.");

        return problem is null ? contact! : new RejectedRow(records.Line, problem.Code, problem.Reason, records.Raw);
    }

    /// <summary>The first row of an address counts, except that a withdrawal counts wherever it stands.</summary>
    private static bool IsDuplicate(ContactFileRow contact, CsvAddressesSeen seen)
    {
        var isFirst = seen.Add(contact.Email, isWithdrawal: false);
        var isFirstWithdrawal = contact.Withdrawal is not null && seen.Add(contact.Email, isWithdrawal: true);
        return !isFirst && !isFirstWithdrawal;
    }
}
