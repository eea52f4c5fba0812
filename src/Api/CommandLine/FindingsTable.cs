using System.Globalization;
using SchemaHub.Application.Schema;
using Spectre.Console;

namespace SchemaHub.Api.CommandLine;

/// <summary>A review as a table on a terminal, and as lines for other programs.</summary>
internal static class FindingsTable
{
    /// <summary>One finding a line: severity, kind, place, expected, actual, SQL; then the schemas and a sum.</summary>
    public static string Of(SchemaReport report)
    {
        if (Console.IsOutputRedirected)
            return string.Join('\n', report.Findings.Select(Line).Concat(report.Notes).Append(Sum(report)));

        using var text = new StringWriter(CultureInfo.InvariantCulture);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 80);
        if (report.Findings.Count > 0)
            console.Write(Findings(report));

        console.Write(Schemas(report));
        foreach (var note in report.Notes)
            console.MarkupLineInterpolated($"[grey]{note}[/]");

        console.MarkupLineInterpolated($"{Sum(report)}");
        return text.ToString().TrimEnd();
    }

    private static Table Findings(SchemaReport report)
    {
        var table = new Table().Border(TableBorder.Simple).Expand();
        table.AddColumns("severity", "kind", "place", "expected", "there", "mended by");
        foreach (var finding in report.Findings.OrderByDescending(finding => finding.Severity))
        {
            var color = finding.Severity switch
            {
                Severity.Error => "red",
                Severity.Warning => "yellow",
                _ => "grey",
            };
            table.AddRow(
                $"[{color}]{Word(finding.Severity)}[/]",
                Markup.Escape(finding.Kind),
                Markup.Escape(finding.Place),
                Markup.Escape(finding.Expected),
                Markup.Escape(finding.Actual),
                Markup.Escape(finding.Sql)
            );
        }

        return table;
    }

    private static Table Schemas(SchemaReport report)
    {
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumns("schema", "facts", "hold", "exceptions", "tables", "views", "indexes", "keys", "foreign keys");
        foreach (var (name, schema) in report.Schemas)
            table.AddRow(
                Markup.Escape(name),
                Number(schema.Facts),
                Number(schema.Hold),
                Number(schema.Exceptions.Count),
                Number(schema.Counts.Tables),
                Number(schema.Counts.Views),
                Number(schema.Counts.Indexes),
                Number(schema.Counts.PrimaryKeys + schema.Counts.UniqueConstraints),
                Number(schema.Counts.ForeignKeys)
            );

        return table;
    }

    private static string Line(SchemaFinding finding) =>
        string.Join(
            '\t',
            new[]
            {
                Word(finding.Severity),
                finding.Kind,
                finding.Place,
                finding.Expected,
                finding.Actual,
                finding.Sql,
            }.Select(OnOneLine)
        );

    private static string OnOneLine(string text) =>
        string.Join(' ', text.Split(['\t', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries));

    private static string Sum(SchemaReport report)
    {
        var facts = report.Schemas.Values.Sum(schema => schema.Facts);
        var hold = report.Schemas.Values.Sum(schema => schema.Hold);
        var exceptions = report.Schemas.Values.Sum(schema => schema.Exceptions.Count);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Errors} errors, {report.Warnings} warnings, {report.Infos} notes; of {facts} documented facts "
                + $"{hold} hold and {exceptions} are exceptions."
        );
    }

    private static string Word(Severity severity) => severity.ToString().ToLowerInvariant();

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
