using System.CommandLine;
using SchemaHub.Api.Http;
using SchemaHub.Application;
using SchemaHub.Application.Compliance;
using SchemaHub.Infrastructure.Files;

namespace SchemaHub.Api.CommandLine;

/// <summary><c>audit list|export|prove</c>: who did what.</summary>
internal static class AuditVerbs
{
    private static Option<string?> OrgOption { get; } =
        new("--org") { Description = "The organization, by its slug or id; the installation's own unless named." };

    private static Option<string?> FromOption { get; } =
        new("--from") { Description = "From this instant on, ISO 8601 with Z or an offset." };

    private static Option<string?> ToOption { get; } = new("--to") { Description = "Until before this instant." };

    private static Option<string?> ActorOption { get; } =
        new("--actor") { Description = "Who did it, such as user:… or operator." };

    private static Option<string?> TypeOption { get; } =
        new("--type") { Description = "What kind of thing was changed, such as member." };

    private static Option<Guid?> ResourceOption { get; } =
        new("--resource") { Description = "Which thing was changed, by its id." };

    private static Option<string?> ActionOption { get; } =
        new("--action") { Description = "create, update or delete." };

    public static Command Audit() =>
        new("audit", "Who did what, from what to what, from where and when.") { List(), Export(), Prove() };

    private static Command List()
    {
        var list = WithFilters(new Command("list", "Everything that was found, newest first."));
        return list.On(
            async (workspace, parsed, cancellation) =>
                await workspace.PrintAll(
                    parsed,
                    await Tenant(workspace, parsed, cancellation),
                    (limit, after) => new ListAudit(Search(parsed), limit, after),
                    entry =>
                        $"{entry.Id, 8}  {entry.RecordedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z  {entry.Event}  "
                        + $"{entry.ResourceType} {entry.ResourceId}  by {entry.Actor.Email ?? entry.Actor.Id}",
                    cancellation
                )
        );
    }

    private static Command Export()
    {
        var output = new Option<FileInfo>("--out") { Description = "The file to write.", Required = true };
        var export = WithFilters(new Command("export", "The same into a file, one JSON object a line.") { output });
        return export.On(
            async (workspace, parsed, cancellation) =>
            {
                var tenant = await Tenant(workspace, parsed, cancellation);
                var entries = await workspace.Send(tenant, new ExportAudit(Search(parsed)), cancellation);
                var (file, count) = (parsed.GetValue(output)!.FullName, 0L);
                await using var lines = new StreamWriter(PrivateFile.Open(file, FileMode.Create));
                await foreach (var entry in entries.WithCancellation(cancellation))
                {
                    await lines.WriteLineAsync(Verb.ToJsonLine(entry).AsMemory(), cancellation);
                    count++;
                }

                Verb.Print(parsed, new { file, count }, done => $"{done.count:N0} entries in {done.file}");
            }
        );
    }

    private static Command Prove()
    {
        var entry = new Argument<long>("entry") { Description = "The entry's id, as `audit list` shows it." };
        var output = new Option<FileInfo>("--out") { Description = "The file to write.", Required = true };
        return new Command(
            "prove",
            "Prove what was done to the thing of an entry, in one file that is checked offline."
        )
        {
            entry,
            OrgOption,
            output,
        }.On(
            async (workspace, parsed, cancellation) =>
            {
                var tenant = await Tenant(workspace, parsed, cancellation);
                var bundle = await workspace.Send(tenant, new ProveAudit(parsed.GetValue(entry)), cancellation);
                await Proofs.Write(workspace, parsed, bundle, parsed.GetValue(output)!, cancellation);
            }
        );
    }

    private static Command WithFilters(Command command)
    {
        foreach (
            var option in new Option[]
            {
                OrgOption,
                FromOption,
                ToOption,
                ActorOption,
                TypeOption,
                ResourceOption,
                ActionOption,
            }
        )
            command.Add(option);

        return command;
    }

    private static AuditSearch Search(ParseResult parsed) =>
        new(
            Instant(parsed.GetValue(FromOption)),
            Instant(parsed.GetValue(ToOption)),
            parsed.GetValue(ActorOption),
            parsed.GetValue(TypeOption),
            parsed.GetValue(ResourceOption),
            parsed.GetValue(ActionOption)
        );

    private static DateTimeOffset? Instant(string? text) =>
        text is null ? null
        : Instants.TryParse(text, out var at) ? at
        : throw new FormatException($"'{text}' is no instant: write it as 2026-11-21T12:00:00Z or with an offset.");

    private static async Task<string> Tenant(Workspace workspace, ParseResult parsed, CancellationToken cancellation) =>
        parsed.GetValue(OrgOption) is { } named
            ? await workspace.Tenant(named, cancellation)
            : Application.Tenant.System;
}

/// <summary>Proofs as files.</summary>
internal static class Proofs
{
    /// <summary>Writes a bundle, and says how it is checked.</summary>
    public static async Task Write(
        Workspace workspace,
        ParseResult parsed,
        string bundle,
        FileInfo output,
        CancellationToken cancellation
    )
    {
        await PrivateFile.WriteText(output.FullName, bundle, cancellation);
        var key = workspace.Installation.Keys.SealPublicKeyFile;
        var check = $"schemahub verify {Verb.Quoted(output.FullName)} --key {Verb.Quoted(key)}";
        Verb.Print(
            parsed,
            new
            {
                file = output.FullName,
                key,
                check,
            },
            done => $"{done.file}\nCheck it, here or wherever the two files are: {done.check}"
        );
    }
}
