using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Files;

namespace SchemaHub.Api.CommandLine;

/// <summary><c>template</c>: mails to be used again.</summary>
internal static class TemplateVerbs
{
    private static readonly Option<string?> Name = new("--name")
    {
        Description = "What the template is called; the file's name unless named.",
    };

    private static readonly Option<string?> Subject = new("--subject")
    {
        Description = "The mails' subject, with Handlebars; needed for a new template.",
    };

    private static readonly Option<bool> Draft = new("--draft")
    {
        Description = "Being written: no campaign sends it.",
    };

    public static Command Template() => new("template", "Mails to be used again.") { List(), Save(), Preview() };

    private static Command List()
    {
        var list = new Command("list", "List the templates.") { Verb.OrgOption };
        list.Lists(
            (limit, after) => new ListTemplates(limit, after),
            one => $"{one.Id, -8}  {(one.IsDraft ? "draft" : ""), -5}  {one.Name}: {one.Subject}"
        );
        return list;
    }

    private static Command Save()
    {
        var file = new Argument<FileInfo>("file") { Description = "HTML, or MJML where its name ends in .mjml." };
        var id = new Option<long?>("--id") { Description = "The template to be replaced; a new one unless named." };
        var save = new Command("save", "Save a file as a template.") { file, Verb.OrgOption, id, Name, Subject, Draft };
        return save.On(
            async (workspace, parsed, cancellation) =>
            {
                var tenant = await workspace.Tenant(parsed, cancellation);
                var source = parsed.GetValue(file)!;
                var before = parsed.GetValue(id) is { } known
                    ? await workspace.Send(tenant, new GetTemplate(known), cancellation)
                    : null;
                var content = await File.ReadAllTextAsync(source.FullName, cancellation);
                var isMjml = source.Extension.Equals(".mjml", StringComparison.OrdinalIgnoreCase);
                var position = await workspace.Send(
                    tenant,
                    new SaveTemplate(
                        parsed.GetValue(Name) ?? before?.Template.Name ?? Path.GetFileNameWithoutExtension(source.Name),
                        parsed.GetValue(Subject) ?? before?.Template.Subject,
                        isMjml ? null : content,
                        isMjml ? content : null,
                        parsed.GetValue(Draft),
                        before?.Template.Id,
                        before?.Version
                    ),
                    cancellation
                );
                var saved = new { id = position.Number, version = position.Version };
                Verb.Print(parsed, saved, one => one.id.ToString(CultureInfo.InvariantCulture));
            }
        );
    }

    private static Command Preview()
    {
        var id = new Argument<long>("id") { Description = "The template." };
        var contact = new Option<long?>("--contact") { Description = "Whose data it is filled in with." };
        var name = new Option<string?>("--name") { Description = "A name made up, in place of a contact's." };
        var data = new Option<string?>("--metadata") { Description = "Metadata made up, a JSON object." };
        var html = new Option<FileInfo?>("--html") { Description = "Where the HTML is written, for a browser." };
        var preview = new Command("preview", "Show a template as one recipient would get it.")
        {
            id,
            Verb.OrgOption,
            contact,
            name,
            data,
            html,
        };
        return preview.On(
            async (workspace, parsed, cancellation) =>
            {
                var sample = new SampleRecipient(
                    parsed.GetValue(contact),
                    Name: parsed.GetValue(name),
                    Metadata: Metadata(parsed.GetValue(data))
                );
                var shown = await workspace.Send(
                    await workspace.Tenant(parsed, cancellation),
                    new PreviewTemplate(parsed.GetValue(id), As: sample),
                    cancellation
                );
                if (parsed.GetValue(html) is { } file)
                    await PrivateFile.WriteText(file.FullName, shown.Html, cancellation);

                Verb.Print(parsed, shown, ForPeople);
            }
        );
    }

    private static JsonElement? Metadata(string? json)
    {
        try
        {
            return json is null ? null : JsonSerializer.Deserialize<JsonElement>(json);
        }
        catch (JsonException wrong)
        {
            throw new FormatException($"--metadata is no JSON: {wrong.Message}", wrong);
        }
    }

    private static string ForPeople(TemplatePreview shown)
    {
        var lines = new List<string> { $"Subject: {shown.Subject}", "", shown.Text };
        if (shown.Unresolved.Count > 0)
            lines.Add($"Nothing was there for: {string.Join(", ", shown.Unresolved)}");

        lines.AddRange(shown.Warnings.Select(warning => $"Warning: {warning.Message}"));
        lines.Add(string.Create(CultureInfo.InvariantCulture, $"The HTML has {shown.SizeBytes:N0} bytes."));
        return string.Join(Environment.NewLine, lines);
    }
}
