using System.CommandLine;
using System.CommandLine.Invocation;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using FluentValidation;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Campaigns;
using SchemaHub.Domain;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Postgres;
using SchemaHub.Infrastructure.Seals;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Api.CommandLine;

/// <summary>What all verbs share: how they answer, and how they fail.</summary>
internal static class Verb
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private static readonly JsonSerializerOptions JsonLine = new(Json) { WriteIndented = false };

    private const StringSplitOptions Words = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;

    // Longer than it takes to end a batch and to stop the private server.
    private static readonly TimeSpan LongestEnd = TimeSpan.FromMinutes(1);

    public static Option<bool> JsonOption { get; } =
        new("--json")
        {
            Description = "Print the result as JSON, and nothing else on standard output.",
            Recursive = true,
        };

    /// <summary>The organization that a verb is about.</summary>
    public static Option<string> OrgOption { get; } =
        new("--org") { Description = "The organization, by its slug or id.", Required = true };

    /// <summary>Runs what was typed.</summary>
    public static Task<int> Run(RootCommand root, string[] arguments)
    {
        var parsed = root.Parse(arguments);
        var command = parsed.CommandResult.Command;
        // What was mistyped in one line, rather than at the top of a page of help; a group of verbs shows its verbs.
        if (parsed.Action is ParseErrorAction && command.Subcommands.Count == 0)
        {
            var wrong = string.Join(' ', parsed.Errors.Select(error => error.Message));
            Say($"{string.Join(' ', wrong.Split(default(char[]), Words))} See {PathOf(command)} --help.");
            return Task.FromResult(1);
        }

        return parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = LongestEnd });
    }

    /// <summary>Prints a result: for people, or as JSON.</summary>
    public static void Print<T>(ParseResult parsed, T result, Func<T, string> forPeople) =>
        Console.Out.WriteLine(parsed.GetValue(JsonOption) ? ToJson(result) : TerminalText.Lines(forPeople(result)));

    public static string ToJson<T>(T value) => TerminalText.Json(JsonSerializer.Serialize(value, Json));

    /// <summary>One line of a stream of results.</summary>
    public static string ToJsonLine<T>(T value) => TerminalText.Json(JsonSerializer.Serialize(value, JsonLine));

    /// <summary>Something for people to know while it works; never on standard output.</summary>
    public static void Say(string text) => Console.Error.WriteLine(TerminalText.Lines(text));

    /// <summary>A verb on the workspace.</summary>
    public static Command On(
        this Command command,
        Func<Workspace, ParseResult, CancellationToken, Task> work,
        bool restoring = false
    )
    {
        command.SetAction(
            (parsed, cancellation) =>
                Guard(async () =>
                {
                    await using var workspace = await Workspace.Open(
                        Say,
                        cancellation,
                        restoring,
                        name: PathOf(command)
                    );
                    await work(workspace, parsed, cancellation);
                    return 0;
                })
        );
        return command;
    }

    /// <summary>Reads settings; what is wrong with them is an expected failure.</summary>
    /// <exception cref="FormatException">Names the setting.</exception>
    public static T Settings<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException wrong)
        {
            throw new FormatException(wrong.Message, wrong);
        }
    }

    /// <summary>A file or folder as a shell takes it.</summary>
    public static string Quoted(string path) =>
        path.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_')
            ? path
            : $"'{path.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>Runs, and turns every expected failure into one message and exit code 1.</summary>
    public static async Task<int> Guard(Func<Task<int>> work)
    {
        try
        {
            return await work();
        }
        catch (ValidationException invalid)
        {
            foreach (var error in invalid.Errors)
                Say($"{error.PropertyName}: {error.ErrorMessage}");

            return 1;
        }
        catch (OperationCanceledException)
        {
            Say("Stopped. What was committed stands; the same command goes on from there.");
            return 130;
        }
        catch (Exception expected) when (IsExpected(expected))
        {
            Say(MessageOf(expected));
            return 1;
        }
    }

    /// <summary>The id of the organization that the caller named by slug or id.</summary>
    /// <exception cref="NotFoundException">There is none.</exception>
    public static async Task<string> Tenant(
        this Workspace workspace,
        ParseResult parsed,
        CancellationToken cancellation
    )
    {
        return await workspace.Tenant(parsed.GetValue(OrgOption)!, cancellation);
    }

    /// <summary>The id of the organization of a slug or id.</summary>
    /// <exception cref="NotFoundException">There is none.</exception>
    public static async Task<string> Tenant(this Workspace workspace, string named, CancellationToken cancellation)
    {
        await using var command = workspace.Installation.Writer.CreateCommand(
            "select o.id from access.organizations o where o.slug = $1 or o.id::text = $1"
        );
        command.Parameters.AddWithValue(named);
        return (await command.ExecuteScalarAsync(cancellation))?.ToString()
            ?? throw new NotFoundException($"organization: {named}");
    }

    private static string PathOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent
            ? $"{PathOf(parent)} {command.Name}"
            : "schemahub";

    // Which of our parameters was wrong is of no use to the person who typed.
    private static string MessageOf(Exception expected) =>
        expected is ArgumentException { ParamName: { } name }
            ? expected.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal)
            : expected.Message;

    private static bool IsExpected(Exception why) =>
        why
            is RuleBrokenException
                or NotFoundException
                or KeysException
                or JournalException
                or MigrationException
                or StartBlockedException
                or SealBrokenException
                or EmbeddedPostgresException
                or LogUnavailableException
                or DnsFailedException
                or MjmlUnavailableException
                or MjmlBusyException
                or TemplateBrokenException
                or FormatException
                or NotSupportedException
                or ArgumentException
                or IOException
                or InvalidDataException
                or UnauthorizedAccessException
                or TimeoutException
                or NpgsqlException;
}
