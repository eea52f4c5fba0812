using MediatR;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using SchemaHub.Api.Http;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.Files;

namespace SchemaHub.Api.Contacts;

/// <summary>Lists of contacts in and out, as CSV.</summary>
internal static class ImportEndpoints
{
    private const string Csv = "text/csv";
    private const int MostReportedRejects = 1_000;

    public static void MapImports(this IEndpointRouteBuilder api)
    {
        var imports = api.MapGroup("/imports").WithTags("Imports");
        imports
            .MapPost("", Import)
            .Accepts<string>(Csv)
            .DisableRequestTimeout()
            .WithSummary("Import a contact list")
            .WithDescription(
                "CSV with our own columns, or an export of Mailchimp or listmonk. The same file with the same answers "
                    + "is the same import: interrupted, sending it again goes on where it was."
            );
        imports.MapGet("/{id:long}", Get).WithSummary("Get an import").WithDescription("How far it is.");
        imports
            .MapDelete("/{id:long}", Undo)
            .DisableRequestTimeout()
            .WithSummary("Undo an import")
            .WithDescription("Contacts that only it brought are erased, consents that only it raised are retracted.");
        api.MapGet("/contacts/export", Export)
            .WithTags("Contacts")
            .WithSummary("Export the list")
            .WithDescription(
                "CSV of every contact, streamed: what stands for each purpose, with its evidence. A cell that a "
                    + "spreadsheet would run as a formula has an apostrophe before it, which the import takes off; "
                    + "escape=none leaves every value as it is."
            )
            .Produces<string>(StatusCodes.Status200OK, Csv)
            .DisableRequestTimeout();
    }

    private static async Task<ImportAnswer> Import(
        HttpRequest request,
        IMediator mediator,
        ApiOptions options,
        CancellationToken cancellation,
        string? format = null,
        string? encoding = null,
        string purpose = Purposes.Newsletter,
        string? basis = null,
        string? wording = null,
        string? language = null,
        [FromQuery] string[]? data = null,
        bool update = false,
        string? escape = null,
        string? dates = null
    )
    {
        request.HttpContext.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize =
            options.MaxImportBytes;
        // The file is read twice, and a request's body only once: it waits on disk, and is gone with the request.
        await using var file = PrivateFile.Open(
            Path.Combine(Path.GetTempPath(), $"schemahub-import-{Guid.CreateVersion7():n}"),
            FileMode.CreateNew,
            FileAccess.ReadWrite,
            FileShare.None,
            FileOptions.DeleteOnClose | FileOptions.Asynchronous
        );
        await request.Body.CopyToAsync(file, cancellation);
        file.Position = 0;
        var rejects = new List<RejectedLine>();
        var result = await mediator.Send(
            new ImportContacts(
                file,
                new ContactFileOptions(FormatOf(format), encoding, data, IsRaw(escape), OrderOf(dates)),
                purpose,
                basis,
                wording,
                language,
                update,
                row =>
                {
                    if (rejects.Count < MostReportedRejects)
                        rejects.Add(new RejectedLine(row.Line, row.Code, row.Reason));

                    return Task.CompletedTask;
                }
            ),
            cancellation
        );
        return new ImportAnswer(
            result.Number,
            result.Counts,
            result.LastLine,
            result.WasFinished,
            result.Broken,
            result.Columns,
            result.Dates,
            rejects
        );
    }

    private static ContactFileFormat? FormatOf(string? format)
    {
        if (format is null)
            return null;

        return
            Enum.TryParse<ContactFileFormat>(format, ignoreCase: true, out var known) && !char.IsAsciiDigit(format[0])
            ? known
            : throw new MalformedRequestException("format", "It is one of own, mailchimp, listmonk.");
    }

    private static DateOrder? OrderOf(string? dates) =>
        dates switch
        {
            null => null,
            "dmy" => DateOrder.DayFirst,
            "mdy" => DateOrder.MonthFirst,
            _ => throw new MalformedRequestException("dates", "It is one of dmy, mdy."),
        };

    private static bool IsRaw(string? escape) =>
        escape switch
        {
            null or "formulas" => false,
            "none" => true,
            _ => throw new MalformedRequestException("escape", "It is one of formulas, none."),
        };

    private static Task<ImportStatus> Get(long id, IMediator mediator, CancellationToken cancellation) =>
        mediator.Send(new GetImport(id), cancellation);

    private static Task<UndoImportResult> Undo(long id, IMediator mediator, CancellationToken cancellation) =>
        mediator.Send(new UndoImport(id), cancellation);

    private static async Task Export(
        HttpContext http,
        IMediator mediator,
        IContactFileWriter writer,
        CancellationToken cancellation,
        bool spreadsheet = false,
        string? escape = null
    )
    {
        var style =
            IsRaw(escape) ? ContactFileStyle.Raw
            : spreadsheet ? ContactFileStyle.Spreadsheet
            : ContactFileStyle.Escaped;
        var contacts = await mediator.Send(new ExportContacts(), cancellation);
        http.Response.ContentType = $"{Csv}; charset=utf-8";
        http.Response.Headers.ContentDisposition = "attachment; filename=\"contacts.csv\"";
        await writer.Write(http.Response.BodyWriter.AsStream(), contacts, style, cancellation);
    }
}

/// <summary>What an import did.</summary>
/// <param name="Broken">Where the file could not be read further; what stands before it is in.</param>
/// <param name="Columns">What each column of the file was taken as.</param>
/// <param name="Dates">How dates were read that begin with day and month, and the line that shows it.</param>
/// <param name="Rejects">The first 1,000 rows that could not be taken.</param>
internal sealed record ImportAnswer(
    long Id,
    ImportCounts Counts,
    long LastLine,
    bool WasFinished,
    BrokenFile? Broken,
    IReadOnlyList<ContactFileColumn> Columns,
    ContactFileDates? Dates,
    IReadOnlyList<RejectedLine> Rejects
);

/// <summary>A row that could not be taken.</summary>
internal sealed record RejectedLine(long Line, string Code, string Reason);
