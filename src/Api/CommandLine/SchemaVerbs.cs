using System.CommandLine;
using Npgsql;
using SchemaHub.Infrastructure.Postgres;
using SchemaHub.Infrastructure.Schema;

namespace SchemaHub.Api.CommandLine;

/// <summary><c>schema check|docs|erd|snapshot</c>.</summary>
internal static class SchemaVerbs
{
    private static Option<string?> DatabaseOption { get; } =
        new("--database")
        {
            Description = "Any PostgreSQL database, as a postgres:// URL or an Npgsql string; ours unless named.",
        };

    private static Option<string[]> SchemaOption { get; } =
        new("--schema")
        {
            Description = "A documented schema, or what it is called there, such as saas=public. Can be repeated.",
            AllowMultipleArgumentsPerToken = true,
        };

    public static Command Schema() =>
        new("schema", "The published schemas against their documents.") { Check(), Docs(), Erd(), Snapshot() };

    private static Command Check()
    {
        var exceptions = new Option<FileInfo>("--exceptions")
        {
            Description = "More exceptions, tab-separated under: scope, kind, place, actual, reason.",
        };
        exceptions.AcceptExistingOnly();
        var check = new Command(
            "check",
            "Compare a database with the documents: one finding a line, with the SQL that mends it. 1 on errors."
        )
        {
            DatabaseOption,
            SchemaOption,
            exceptions,
        };
        check.SetAction(
            (parsed, cancellation) =>
                Verb.Guard(async () =>
                {
                    var theirs = parsed.GetValue(exceptions) is { } file
                        ? await File.ReadAllTextAsync(file.FullName, cancellation)
                        : null;
                    var schemas = Schemas(parsed);
                    var report = await On(parsed, review => review.Review(schemas, theirs, cancellation), cancellation);
                    Verb.Print(parsed, report, FindingsTable.Of);
                    return report.Errors == 0 ? 0 : 1;
                })
        );
        return check;
    }

    private static Command Docs()
    {
        var output = Output("The file to write.", Path.Combine("docs", "data-dictionary.md"));
        return Writing(
            new Command("docs", "Write the data dictionary as Markdown.") { DatabaseOption, SchemaOption, output },
            async (review, parsed, cancellation) =>
                new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    [parsed.GetValue(output)!] = await review.DataDictionary(Schemas(parsed), cancellation),
                }
        );
    }

    private static Command Erd()
    {
        var output = Output("The folder to write to, one file a schema.", Path.Combine("docs", "erd"));
        return Writing(
            new Command("erd", "Draw each schema as a Mermaid diagram.") { DatabaseOption, SchemaOption, output },
            async (review, parsed, cancellation) =>
                (await review.Diagrams(Schemas(parsed), cancellation)).ToDictionary(
                    diagram => Path.Combine(parsed.GetValue(output)!, $"{diagram.Key}.md"),
                    diagram => diagram.Value,
                    StringComparer.Ordinal
                )
        );
    }

    private static Command Snapshot()
    {
        var output = Output("The file to write.", Path.Combine("src", "Infrastructure", "Schema", "published.tsv"));
        return Writing(
            new Command("snapshot", "Write what is published, for the program to compare databases with.")
            {
                DatabaseOption,
                output,
            },
            async (review, parsed, cancellation) =>
                new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    [parsed.GetValue(output)!] = await review.Snapshot(cancellation),
                }
        );
    }

    private static Option<string> Output(string description, string usual) =>
        new("--out") { Description = description, DefaultValueFactory = _ => usual };

    private static Command Writing(
        Command command,
        Func<SchemaReview, ParseResult, CancellationToken, Task<Dictionary<string, string>>> write
    )
    {
        command.SetAction(
            (parsed, cancellation) =>
                Verb.Guard(async () =>
                {
                    var files = await On(parsed, review => write(review, parsed, cancellation), cancellation);
                    foreach (var (file, text) in files)
                    {
                        if (Path.GetDirectoryName(file) is { Length: > 0 } folder)
                            Directory.CreateDirectory(folder);

                        await File.WriteAllTextAsync(file, text, cancellation);
                    }

                    Verb.Print(parsed, new { files = files.Keys }, done => string.Join('\n', done.files));
                    return 0;
                })
        );
        return command;
    }

    /// <summary>On the named database as it is, or on ours, which is brought up to date first.</summary>
    private static async Task<T> On<T>(
        ParseResult parsed,
        Func<SchemaReview, Task<T>> work,
        CancellationToken cancellation
    )
    {
        if (parsed.GetValue(DatabaseOption) is { } named)
        {
            var address = DatabaseUrl.Parse(named, "--database");
            address.Pooling = false;
            await using var source = NpgsqlDataSource.Create(address);
            return await work(new SchemaReview(source, TimeProvider.System));
        }

        await using var workspace = await Workspace.Open(Verb.Say, cancellation);
        return await work(SchemaReview.Of(workspace.Installation, TimeProvider.System));
    }

    /// <summary>What schemas are called there, by their documented names.</summary>
    /// <exception cref="FormatException">A schema that no document describes.</exception>
    private static Dictionary<string, string> Schemas(ParseResult parsed)
    {
        var schemas = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var named in parsed.GetValue(SchemaOption) ?? [])
        {
            var parts = named.Split('=', 2);
            if (!SchemaReview.DocumentedSchemas.Contains(parts[0], StringComparer.Ordinal) || parts[^1].Length == 0)
                throw new FormatException(
                    $"--schema: '{named}' is none of {string.Join(", ", SchemaReview.DocumentedSchemas)}, "
                        + "nor one of them with = and its name there."
                );

            schemas[parts[0]] = parts[^1];
        }

        return schemas;
    }
}
