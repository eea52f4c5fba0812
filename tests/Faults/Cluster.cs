using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Npgsql;
using SchemaHub.Api;

namespace SchemaHub.Faults;

/// <summary>One installation: PostgreSQL, a mail server, and the program as several processes.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private static readonly TimeSpan LongestVerb = TimeSpan.FromMinutes(3);

    private readonly Timeline _timeline;

    private Cluster(string directory, DatabaseServer database, MailServer mails, Timeline timeline)
    {
        (Directory, Database, Mails, _timeline) = (directory, database, mails, timeline);
        Keys = Path.Combine(directory, "keys");
        Nodes = [];
    }

    /// <summary>Holds everything of the round.</summary>
    public string Directory { get; }

    /// <summary>Holds keys and journal.</summary>
    public string Keys { get; }

    public DatabaseServer Database { get; }

    public MailServer Mails { get; }

    public IReadOnlyList<Node> Nodes { get; private set; }

    /// <summary>Starts the servers, not the nodes.</summary>
    /// <param name="silence">How long a silent mail server keeps silent.</param>
    public static async Task<Cluster> Start(string directory, Timeline timeline, Func<TimeSpan> silence)
    {
        var database = await DatabaseServer.Start(Path.Combine(directory, "data"), timeline);
        return new Cluster(directory, database, new MailServer(silence), timeline);
    }

    public async Task StartNodes(int count)
    {
        var database = Database.Administrator.Port;
        Nodes =
        [
            .. Enumerable
                .Range(1, count)
                .Select(number => new Node(number, FreePort(), (database, Mails.Port), Directory, Serve, _timeline)),
        ];
        foreach (var node in Nodes)
            node.Start();

        foreach (var node in Nodes)
            await node.WaitUntilReady(LongestVerb);
    }

    /// <summary>Runs a verb of the program straight on the database.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message has what it said.</exception>
    public async Task<string> Run(params string[] arguments)
    {
        var (exitCode, output, errors) = await TryRun(arguments);
        return exitCode == 0
            ? output
            : throw new InvalidOperationException(
                $"schemahub {string.Join(' ', arguments)} ended with {Text(exitCode)}:\n{errors}\n{output}"
            );
    }

    public async Task<JsonElement> Json(params string[] arguments) =>
        JsonSerializer.Deserialize<JsonElement>(await Run([.. arguments, "--json"]));

    public async Task<(int ExitCode, string Output, string Errors)> TryRun(params string[] arguments)
    {
        using var process = Process.Start(Program(Database.Administrator.Port, Mails.Port, arguments))!;
        using var late = new CancellationTokenSource(LongestVerb);
        var output = process.StandardOutput.ReadToEndAsync(late.Token);
        var errors = process.StandardError.ReadToEndAsync(late.Token);
        try
        {
            await process.WaitForExitAsync(late.Token);
            return (process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            return (124, "", $"It did not end within {LongestVerb}.");
        }
    }

    /// <summary>Kills the process behind a connection of a node, as an out-of-memory killer does.</summary>
    public async Task KillBackend(int random)
    {
        if (await Backend(random) is { } backend)
            Signals.Kill(backend);

        // PostgreSQL restarts itself after it.
        await Database.WaitUntilBack();
    }

    /// <summary>Ends a connection of a node.</summary>
    public async Task TerminateBackend(int random)
    {
        if (await Backend(random) is { } backend)
            await Database.Query("select pg_terminate_backend($1)", reader => reader.GetBoolean(0), backend);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes)
            await node.DisposeAsync();

        await Mails.DisposeAsync();
        await Database.DisposeAsync();
    }

    // Those that write are taken more often than those that wait.
    private async Task<int?> Backend(int random)
    {
        var backends = await Database.Query(
            """
            select a.pid from pg_stat_activity a
            where a.datname = current_database() and a.pid <> pg_backend_pid()
                and a.application_name <> 'faults driver'
            order by a.state = 'idle', a.pid
            """,
            reader => reader.GetInt32(0)
        );
        return backends.Count == 0 ? null : backends[random % 2 == 0 ? 0 : random % backends.Count];
    }

    private ProcessStartInfo Serve(Node node) =>
        Program(node.Database.Port, node.Mail.Port, ["serve", "--urls", node.Address.ToString()]);

    private ProcessStartInfo Program(int databasePort, int mailPort, string[] arguments)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = new ProcessStartInfo(dotnet, ["exec", typeof(ApiHost).Assembly.Location, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Directory,
        };
        foreach (var inherited in start.Environment.Keys.Where(IsSetting).ToList())
            start.Environment.Remove(inherited);

        foreach (var (name, value) in Settings(databasePort, mailPort))
            start.Environment[name] = value;

        return start;
    }

    private static bool IsSetting(string name) => name.StartsWith("SCHEMAHUB", StringComparison.OrdinalIgnoreCase);

    private IEnumerable<(string Name, string Value)> Settings(int databasePort, int mailPort)
    {
        var database = new NpgsqlConnectionStringBuilder(Database.Administrator.ConnectionString)
        {
            Port = databasePort,
            ApplicationName = "schemahub",
        };
        database.Remove("Command Timeout");
        database.Remove("Timeout");
        yield return ("SCHEMAHUB_DATABASE", database.ConnectionString);
        yield return ("SCHEMAHUB_KEYS", Keys);
        yield return ("SchemaHub__PublicUrl", "http://faults.example");
        yield return ("SchemaHub__FormsPerMinute", "100000");
        yield return ("SchemaHub__Mail__Host", "127.0.0.1");
        yield return ("SchemaHub__Mail__Port", Text(mailPort));
        yield return ("SchemaHub__Mail__StartTls", "false");
        yield return ("SchemaHub__Mail__From", "service@faults.example");
        yield return ("SchemaHub__Mail__Connections", "4");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
