using System.Security.Cryptography;
using System.Threading.Channels;
using FluentValidation;
using FluentValidation.Results;
using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Domain;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>
/// Brings a contact list with the evidence it came with. The same file with the same answers is the same import:
/// interrupted, it goes on where it was; finished, it does nothing.
/// </summary>
/// <param name="File">Must be seekable: it is read for its identity, for its columns and for its rows.</param>
/// <param name="Basis">The basis for rows without an opt-in time; where null they stay unsubscribed.</param>
/// <param name="Wording">The published wording that goes with the basis; required with it.</param>
/// <param name="Update">Whether names and attributes of contacts that are known become those of the file.</param>
/// <param name="Rejects">Told every row that cannot be taken, those of an earlier, interrupted run included.</param>
/// <param name="Progress">Told the counts and the line after every commit.</param>
[Requires("contacts:write")]
[IdempotentByContent("The same file with the same settings is the same import, and its answer says so.")]
[InSteps("A file has any number of rows. Sent again, it goes on after the last line that is in.")]
public sealed record ImportContacts(
    Stream File,
    ContactFileOptions Options,
    string Purpose = Purposes.Newsletter,
    string? Basis = null,
    string? Wording = null,
    string? Language = null,
    bool Update = false,
    Func<RejectedRow, Task>? Rejects = null,
    Action<ImportCounts, long>? Progress = null
) : IRequest<ImportResult>;

/// <summary>What an import did, in all its runs.</summary>
/// <param name="Broken">Where and why the file could not be read further; the rows before it are in.</param>
/// <param name="WasFinished">It had come in before; nothing was done now.</param>
/// <param name="Columns">What each column of the file was taken as; empty where the header cannot be read.</param>
/// <param name="Dates">How dates were read that begin with day and month; null where there are none.</param>
public sealed record ImportResult(
    Guid ImportId,
    long Number,
    ImportCounts Counts,
    long LastLine,
    BrokenFile? Broken,
    bool WasFinished,
    IReadOnlyList<ContactFileColumn> Columns,
    ContactFileDates? Dates
);

internal sealed class ImportContactsValidator : AbstractValidator<ImportContacts>
{
    public ImportContactsValidator()
    {
        RuleFor(command => command.File).Must(file => file.CanSeek).WithMessage("The file must be seekable.");
        RuleFor(command => command.Purpose).Purpose();
        RuleFor(command => command.Basis).OneOf(LegalBases.All).When(command => command.Basis is not null);
        RuleFor(command => command.Wording)
            .NotNull()
            .When(command => command.Basis is not null)
            .WithMessage("Rows are subscribed on a stated basis only together with the wording people were shown.");
        RuleFor(command => command.Wording).WordingHash();
        RuleFor(command => command.Language).Language();
    }
}

internal sealed class ImportContactsHandler(
    IEventLog log,
    IContactFileReader reader,
    IKeyedIds ids,
    CommandContext context,
    Wordings wordings
) : IRequestHandler<ImportContacts, ImportResult>
{
    private const int RowsAtOnce = 2_000;

    public async Task<ImportResult> Handle(ImportContacts command, CancellationToken cancellation)
    {
        await wordings.RequirePublished(command.Wording, cancellation);
        var started = await Describe(command, cancellation);
        var shape = await ReadShape(command, cancellation);
        command = command with { Options = command.Options with { Dates = shape.Dates?.Order } };
        var id = Imports.StreamOf(context.Tenant, started);
        var position = await log.Change<Import, ImportEvent>(id, import => import.Start(started), cancellation);
        var import = (await log.Load<Import, ImportEvent>(id, cancellation)).State;
        if (import.Phase == ImportPhase.Finished)
            return Result(import.Counts, import.LastLine, broken: null, wasFinished: true);

        var brought = new BroughtWordings(wordings);
        var rows = new ImportRows(command, id, ids, context.Tenant, brought);
        var batches = Channel.CreateBounded<ImportBatch>(1);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        // The next rows are read while the last ones are written.
        var reading = Read(command, import.LastLine, brought, batches.Writer, stop.Token);
        var done = Task.FromResult((import.Counts, Line: import.LastLine));
        try
        {
            await foreach (var batch in batches.Reader.ReadAllAsync(cancellation))
            {
                // A batch is decided and encrypted while the one before it is written.
                var before = done;
                done = Write(command, rows, id, before, batch, cancellation);
                await before;
            }

            var (counts, line) = await done;
            var broken = await reading;
            if (broken is null)
                await log.Change<Import, ImportEvent>(id, current => current.Finish(counts), cancellation);

            return Result(counts, line, broken, wasFinished: false);
        }
        catch
        {
            await stop.CancelAsync();
            await done.ContinueWith(static _ => { }, TaskScheduler.Default);
            await reading.ContinueWith(static _ => { }, TaskScheduler.Default);
            throw;
        }

        ImportResult Result(ImportCounts counts, long line, BrokenFile? broken, bool wasFinished) =>
            new(id, position.Number, counts, line, broken, wasFinished, shape.Columns, shape.Dates);
    }

    private static async Task<ImportStarted> Describe(ImportContacts command, CancellationToken cancellation)
    {
        var hash = await SHA256.HashDataAsync(command.File, cancellation);
        command.File.Position = 0;
        return new ImportStarted(
            Convert.ToHexStringLower(hash),
            command.Options.Format?.ToString() ?? "detected",
            command.Purpose,
            command.Basis,
            command.Wording,
            command.Language,
            command.Options.Encoding,
            command.Update,
            command.Options.DataColumns is { Count: > 0 } data ? [.. data.Order(StringComparer.Ordinal)] : null,
            command.Options.IsRaw,
            command.Options.Dates?.ToString()
        );
    }

    /// <summary>
    /// A basis vouches for every row that the file does not speak against. So the file must not have a column that
    /// perhaps does and was not understood.
    /// </summary>
    private async Task<ContactFileShape> ReadShape(ImportContacts command, CancellationToken cancellation)
    {
        var hasBasis = command.Basis is not null;
        var shape = await reader.ReadShape(command.File, command.Options, hasBasis, cancellation);
        command.File.Position = 0;
        var unclear = shape.Columns.Where(c => c.LooksLikeStatus).Select(c => $"\"{c.Name}\"").ToList();
        if (hasBasis && unclear.Count > 0)
            throw new ValidationException([
                new ValidationFailure(
                    nameof(command.Basis),
                    "These columns may say who must not be written to, and are not understood: "
                        + $"{string.Join(", ", unclear)}. Name them as data if they are about something else, or "
                        + "rename them to \"status\" with the values subscribed, unsubscribed, bounced, complained."
                ),
            ]);

        if (shape.Dates is { Order: null } dates)
            throw new ValidationException([new ValidationFailure(nameof(command.Options.Dates), Unclear(dates))]);

        return shape;
    }

    private static string Unclear(ContactFileDates dates) =>
        (
            dates.OtherLine is null
                ? $"The date in \"{dates.Column}\", line {dates.Line}, can be read with the day or with the month "
                    + "first, and no date of the file tells which. "
                : $"In \"{dates.Column}\" the day comes first in line {dates.Line} and the month in line "
                    + $"{dates.OtherLine}. "
        ) + "Say which: dmy or mdy; or write dates like 2024-03-01T10:00:00Z.";

    private async Task<BrokenFile?> Read(
        ImportContacts command,
        long after,
        BroughtWordings brought,
        ChannelWriter<ImportBatch> batches,
        CancellationToken cancellation
    )
    {
        try
        {
            var batch = new ImportBatch();
            await foreach (var entry in reader.Read(command.File, command.Options, cancellation))
            {
                if (entry is BrokenFile broken)
                {
                    await Hand(batch, brought, batches, cancellation);
                    return broken;
                }

                if (entry is RejectedRow rejected && command.Rejects is not null)
                    await command.Rejects(rejected);

                // Lines up to here went in before the import was interrupted.
                if (entry.Line <= after || entry is ContactFileHeader)
                    continue;

                batch.Take(entry);
                if (batch.Count < RowsAtOnce)
                    continue;

                await Hand(batch, brought, batches, cancellation);
                batch = new ImportBatch();
            }

            await Hand(batch, brought, batches, cancellation);
            return null;
        }
        finally
        {
            batches.TryComplete();
        }
    }

    private static async Task Hand(
        ImportBatch batch,
        BroughtWordings brought,
        ChannelWriter<ImportBatch> batches,
        CancellationToken cancellation
    )
    {
        if (batch.Count == 0)
            return;

        await brought.Publish(batch.Rows, cancellation);
        await batches.WriteAsync(batch, cancellation);
    }

    private async Task<(ImportCounts Counts, long Line)> Write(
        ImportContacts command,
        ImportRows rows,
        Guid id,
        Task<(ImportCounts Counts, long Line)> before,
        ImportBatch batch,
        CancellationToken cancellation
    )
    {
        var outcomes = new ImportCounts[batch.Rows.Count];
        var changes = batch.Rows.Select((row, i) => rows.Change(row, counted => outcomes[i] = counted)).ToList();
        var (soFar, line) = (ImportCounts.Zero, 0L);
        var counts = ImportCounts.Zero;
        await log.ChangeTogether(
            async decided =>
            {
                // Read, decided and encrypted while the batch before is written.
                await decided.ChangeMany(changes);
                (soFar, line) = await before;
                await decided.Change<Import, ImportEvent>(id, Progress);
            },
            cancellation
        );
        command.Progress?.Invoke(counts, batch.LastLine);
        return (counts, batch.LastLine);

        IReadOnlyList<ImportEvent> Progress(Import import)
        {
            Imports.RequireAlone(import, line);
            // What was decided stands in the outcomes; how far the file is in is committed with its rows.
            var rejected = ImportCounts.Zero with
            {
                Rejected = batch.Rejected,
            };
            counts = outcomes.Aggregate(Imports.Add(soFar, rejected), Imports.Add);
            return import.Progress(counts, batch.LastLine);
        }
    }
}
