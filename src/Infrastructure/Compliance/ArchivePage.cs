using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SchemaHub.Infrastructure.Compliance;

/// <summary>
/// The page of an archive for people: one file that loads nothing from anywhere and runs nothing. Every value in it is
/// somebody's input, and is written as text.
/// </summary>
internal static class ArchivePage
{
    public const string End = "</table></div>\n";

    public const string Foot = "</main></body></html>\n";

    private static readonly HtmlEncoder Encoder = HtmlEncoder.Default;

    public static string Head(string? email) =>
        $$"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>What is held about you</title>
            <style>
            body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; color: #1b1b1b; background: #fff }
            main { max-width: 72rem; margin: 0 auto; padding: 1rem }
            div { overflow-x: auto }
            table { border-collapse: collapse; margin: 0 0 2rem }
            th, td { border: 1px solid #999; padding: .25rem .5rem; text-align: left; vertical-align: top }
            td { overflow-wrap: anywhere; min-width: 6rem }
            th small { display: block; font-weight: normal }
            </style></head><body><main>
            <h1>What is held about {{Text(email ?? "you")}}</h1>
            <p>Table by table, with what becomes of each value when you are erased. The same for programs is in
            data.json; proof.json shows what you agreed to and withdrew, and can be checked by anybody.</p>

            """.ReplaceLineEndings("\n");

    public static string Begin(ArchiveTable table)
    {
        var html = new StringBuilder();
        html.Append("<h2>").Append(Text(table.Name)).Append("</h2>\n<div><table><tr>");
        foreach (var column in table.Columns)
        {
            html.Append("<th scope=\"col\">").Append(Text(column.Column));
            if (column.IsPersonal)
                html.Append("<small>").Append(Text(column.AtErasure)).Append("</small>");

            html.Append("</th>");
        }

        return html.Append("</tr>\n").ToString();
    }

    /// <param name="row">A JSON object with the table's columns.</param>
    public static string Row(ArchiveTable table, string row)
    {
        using var values = JsonDocument.Parse(row);
        var html = new StringBuilder("<tr>");
        foreach (var column in table.Columns)
        {
            var value = values.RootElement.GetProperty(column.Column);
            html.Append("<td>").Append(Text(value.ValueKind == JsonValueKind.Null ? "" : value.ToString()));
            html.Append("</td>");
        }

        return html.Append("</tr>\n").ToString();
    }

    public static string History(IReadOnlyList<JsonObject> history)
    {
        if (history.Count == 0)
            return "";

        var html = new StringBuilder("<h2>What happened, in order</h2>\n<div><table>");
        html.Append("<tr><th scope=\"col\">When</th><th scope=\"col\">What</th><th scope=\"col\">Details</th></tr>\n");
        foreach (var happened in history)
            html.Append("<tr><td>")
                .Append(Text($"{happened["recordedAt"]}"))
                .Append("</td><td>")
                .Append(Text($"{happened["event"]}"))
                .Append("</td><td>")
                .Append(Text(happened["data"]?.ToJsonString() ?? ""))
                .Append("</td></tr>\n");

        return html.Append(End).ToString();
    }

    private static string Text(string value) => Encoder.Encode(value);
}
