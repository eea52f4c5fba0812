using System.CommandLine;
using System.Text.Json;
using SchemaHub.Api.Http;
using SchemaHub.Application;
using SchemaHub.Application.Records;

namespace SchemaHub.Api.CommandLine;

/// <summary><c>record</c>: back-office rows, an organization's and the installation's own.</summary>
internal static class RecordVerbs
{
    private static readonly Argument<string> Table = new("table")
    {
        Description = "Schema and table, such as podcast.onboarding_steps.",
    };

    private static readonly Option<string?> Org = new("--org")
    {
        Description = "Whose record it is, by slug or id. Left out for what is the installation's.",
    };

    private static readonly Option<string?> Id = new("--id") { Description = "The record's id." };

    private static readonly Option<string?> File = new("--file")
    {
        Description = "The record as a JSON object; standard input unless named.",
    };

    public static Command Record() =>
        new("record", "Back-office rows: partners, themes, onboarding steps and the like.") { Put(), Delete(), List() };

    private static Command Put()
    {
        var put = new Command("put", "Make a record, or with --id replace one.") { Table, Org, Id, File };
        return put.On(
            async (workspace, parsed, cancellation) =>
            {
                var type = TypeOf(parsed);
                var tenant = await TenantOf(workspace, parsed, cancellation);
                var json = parsed.GetValue(File) is { } file
                    ? await System.IO.File.ReadAllTextAsync(file, cancellation)
                    : await Console.In.ReadToEndAsync(cancellation);
                var command = new SaveRecord(type.Name, Read(type, json), parsed.GetValue(Id));
                var position = await workspace.Send(tenant, command, cancellation);
                var saved = new { id = command.IdOf(tenant, position), version = position.Version };
                Verb.Print(parsed, saved, one => one.id);
            }
        );
    }

    private static Command Delete()
    {
        var delete = new Command("delete", "Delete a record, and what cannot be without it.") { Table, Org, Id };
        return delete.On(
            async (workspace, parsed, cancellation) =>
            {
                var id = parsed.GetValue(Id) ?? throw new FormatException("Name the record with --id.");
                var tenant = await TenantOf(workspace, parsed, cancellation);
                var position = await workspace.Send(tenant, new DeleteRecord(TypeOf(parsed).Name, id), cancellation);
                Verb.Print(parsed, new { id, version = position.Version }, one => $"Deleted {one.id}.");
            }
        );
    }

    private static Command List()
    {
        var list = new Command("list", "Print every record as a line of JSON.") { Table, Org };
        return list.On(
            async (workspace, parsed, cancellation) =>
            {
                var tenant = await TenantOf(workspace, parsed, cancellation);
                var records = await workspace.Send(tenant, new ExportRecords(TypeOf(parsed).Name), cancellation);
                await foreach (var record in records.WithCancellation(cancellation))
                    await Console.Out.WriteLineAsync(
                        TerminalText.Json(JsonSerializer.Serialize(record, StrictJson.Options))
                    );
            }
        );
    }

    private static RecordType TypeOf(ParseResult parsed)
    {
        var table = parsed.GetValue(Table)!;
        return RecordCatalogue.Find(table)
            ?? throw new FormatException($"{table} is no table of records; docs/tables.md lists them.");
    }

    private static async Task<string> TenantOf(
        Workspace workspace,
        ParseResult parsed,
        CancellationToken cancellation
    ) => parsed.GetValue(Org) is { } named ? await workspace.Tenant(named, cancellation) : Tenant.System;

    private static object Read(RecordType type, string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type.Row, StrictJson.Options)
                ?? throw new FormatException("A JSON object is needed.");
        }
        catch (JsonException refusal)
        {
            var (field, rule) = StrictJson.Explain(refusal);
            throw new FormatException(field is null ? rule : $"{field}: {rule}", refusal);
        }
    }
}
