using System.CommandLine;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.Files;

namespace SchemaHub.Api.CommandLine;

/// <summary><c>contacts import</c>.</summary>
internal static class ImportVerb
{
    private static readonly Argument<FileInfo> File = FileArgument();
    private static readonly Option<string> Format = FormatOption();
    private static readonly Option<string?> Encoding = new("--encoding")
    {
        Description = "UTF-8 unless named, such as windows-1252.",
    };
    private static readonly Option<string> Purpose = PurposeOption();
    private static readonly Option<string?> Basis = BasisOption();
    private static readonly Option<FileInfo> Wording = WordingOption();
    private static readonly Option<string?> Language = new("--language")
    {
        Description = "Of the wording, such as en.",
    };
    private static readonly Option<string[]> Data = DataOption();
    private static readonly Option<bool> Update = UpdateOption();
    private static readonly Option<bool> Raw = new("--raw") { Description = "The file was exported with --raw." };
    private static readonly Option<string> Dates = DatesOption();
    private static readonly Option<FileInfo> Rejects = RejectsOption();

    public static Command Import() =>
        new Command("import", "Bring a contact list with the evidence it came with. Interrupted, run it again.")
        {
            Verb.OrgOption,
            File,
            Format,
            Encoding,
            Purpose,
            Basis,
            Wording,
            Language,
            Data,
            Update,
            Raw,
            Dates,
            Rejects,
        }.On(Bring);

    private static async Task Bring(Workspace workspace, ParseResult parsed, CancellationToken cancellation)
    {
        var tenant = await workspace.Tenant(parsed, cancellation);
        var source = parsed.GetValue(File)!;
        var (words, language) = (parsed.GetValue(Wording), parsed.GetValue(Language));
        var hash = await Publish(workspace, tenant, words, language, cancellation);
        var target = parsed.GetValue(Rejects)?.FullName ?? Path.ChangeExtension(source.FullName, ".rejects.csv");
        var options = new ContactFileOptions(
            FormatOf(parsed.GetValue(Format)),
            parsed.GetValue(Encoding),
            parsed.GetValue(Data),
            parsed.GetValue(Raw),
            parsed.GetValue(Dates) switch
            {
                "dmy" => DateOrder.DayFirst,
                "mdy" => DateOrder.MonthFirst,
                _ => null,
            }
        );
        var result = await Run(
            workspace,
            tenant,
            source,
            target,
            options,
            (parsed.GetValue(Purpose)!, parsed.GetValue(Basis), hash, language, parsed.GetValue(Update)),
            cancellation
        );
        Verb.Print(parsed, result, done => Describe(done, target));
        RequireWhole(result);
    }

    private static Argument<FileInfo> FileArgument()
    {
        var file = new Argument<FileInfo>("file") { Description = "A CSV file." };
        file.AcceptExistingOnly();
        return file;
    }

    private static void RequireWhole(ImportResult result)
    {
        if (result.Broken is { } broken)
            throw new InvalidDataException(
                $"The file cannot be read from line {broken.Line} on ({broken.Code}): "
                    + $"{broken.Reason} What stands before it is in."
            );
    }

    private static Option<string> FormatOption()
    {
        var format = new Option<string>("--format") { Description = "Told from the header unless named." };
        format.AcceptOnlyFromAmong([.. Enum.GetNames<ContactFileFormat>().Select(name => name.ToLowerInvariant())]);
        return format;
    }

    private static Option<string> DatesOption()
    {
        var dates = new Option<string>("--dates")
        {
            Description = "What comes first in dates such as 1/2/2023: dmy or mdy. As the dates show unless named.",
        };
        dates.AcceptOnlyFromAmong("dmy", "mdy");
        return dates;
    }

    private static Option<bool> UpdateOption() =>
        new("--update") { Description = "Known contacts get the file's names and attributes." };

    private static Option<string?> BasisOption() =>
        new("--basis")
        {
            Description = "Subscribe rows without an opt-in time, too: consent, contract or legitimate_interest.",
        };

    private static Option<FileInfo> RejectsOption() =>
        new("--rejects") { Description = "Where rows that cannot be taken go; beside the file unless named." };

    private static Option<string> PurposeOption() =>
        new("--purpose")
        {
            Description = "What the file's consents are for.",
            DefaultValueFactory = _ => Purposes.Newsletter,
        };

    private static Option<string[]> DataOption() =>
        new("--data")
        {
            Description = "A column whose name suggests a status and that is data about the person. May be repeated.",
        };

    private static Option<FileInfo> WordingOption()
    {
        var wording = new Option<FileInfo>("--wording")
        {
            Description = "A text file with the words people were shown; required with --basis.",
        };
        wording.AcceptExistingOnly();
        return wording;
    }

    private static ContactFileFormat? FormatOf(string? named) =>
        named is null ? null : Enum.Parse<ContactFileFormat>(named, ignoreCase: true);

    internal static async Task<ImportResult> Run(
        Workspace workspace,
        string tenant,
        FileInfo source,
        string rejects,
        ContactFileOptions options,
        (string Purpose, string? Basis, string? Wording, string? Language, bool Update) answers,
        CancellationToken cancellation
    )
    {
        await using var file = source.OpenRead();
        await using var rejected = new RejectsFile(rejects);
        using var progress = new ProgressLine("rows");
        var result = await workspace.Send(
            tenant,
            new ImportContacts(
                file,
                options,
                answers.Purpose,
                answers.Basis,
                answers.Wording,
                answers.Language,
                answers.Update,
                rejected.Write,
                (counts, _) =>
                    progress.Report(
                        counts.Added + counts.Existing + counts.Rejected,
                        file.Length == 0 ? 1 : (double)file.Position / file.Length
                    )
            ),
            cancellation
        );
        progress.Finish();
        return result;
    }

    private static async Task<string?> Publish(
        Workspace workspace,
        string tenant,
        FileInfo? wording,
        string? language,
        CancellationToken cancellation
    )
    {
        if (wording is null)
            return null;

        var text = await System.IO.File.ReadAllTextAsync(wording.FullName, cancellation);
        var command = new PublishWording(language ?? "en", text.Trim());
        await workspace.Send(tenant, command, cancellation);
        return command.Sha256;
    }

    private static string Describe(ImportResult done, string rejects)
    {
        var counts = done.Counts;
        var text = done.WasFinished ? "This file came in before; nothing was done.\n" : "";
        text +=
            $"Import {done.Number}: {counts.Added:N0} contacts added, {counts.Existing:N0} were there, "
            + $"{counts.Consents:N0} consents and {counts.Withdrawals:N0} withdrawals recorded, "
            + $"{counts.Refused:N0} consents refused (withdrawn or suppressed before), "
            + $"{counts.Rejected:N0} rows rejected."
            + (
                counts.Claimed > 0
                    ? $" {counts.Claimed:N0} consents stay as they are proven; the file's are claims."
                    : ""
            )
            + (counts.Updated > 0 ? $" {counts.Updated:N0} contacts updated." : "")
            + (
                counts.Differing > 0
                    ? $" {counts.Differing:N0} have another name or other attributes in the file: --update takes them."
                    : ""
            );
        var statuses = done.Columns.Where(column => column.TakenAs == ContactFileColumn.Status).ToList();
        if (statuses.Count > 0)
            text +=
                "\nTaken as a status: "
                + string.Join(", ", statuses.Select(column => $"\"{column.Name}\" ({column.Tool})"))
                + ".";
        if (done.Dates is { IsStated: false } dates)
            text +=
                $"\nDates are read with the {(dates.Order == DateOrder.DayFirst ? "day" : "month")} first, as "
                + $"\"{dates.Column}\" in line {dates.Line} shows.";

        return counts.Rejected == 0 || done.WasFinished ? text : $"{text}\nRejected rows and why: {rejects}";
    }
}
