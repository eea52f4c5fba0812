using System.Diagnostics;
using System.Globalization;

namespace SchemaHub.Infrastructure.Postgres;

/// <summary>
/// The folder of a private server: its data, password, locks and logs. We only read here; the guard writes, under the
/// server's account, so that an unprivileged account never leads root's pen.
/// </summary>
internal sealed record ServerHome(string Folder)
{
    public sealed record Server(int ProcessId, int Port);

    private string Data => Path.Combine(Folder, "data");

    /// <summary>The version that wrote the data; null where there is none yet.</summary>
    public int? DataMajor() => Number(Path.Combine(Data, "PG_VERSION"));

    /// <summary>The port of the last start: a restarted server keeps it, so that its address stays good.</summary>
    public int? LastPort() => Number(Path.Combine(Folder, "port"));

    /// <summary>The server that runs on this data, also one whose guard was killed.</summary>
    public Server? RunningServer() =>
        PidFile() is { Length: >= 4 } lines
        && int.TryParse(lines[0], NumberStyles.None, CultureInfo.InvariantCulture, out var processId)
        && int.TryParse(lines[3], NumberStyles.None, CultureInfo.InvariantCulture, out var port)
        && IsServer(processId)
            ? new Server(processId, port)
            : null;

    /// <summary>The server is alive and not ready yet.</summary>
    public bool IsStarting() =>
        RunningServer() is not null && !PidFile().ElementAtOrDefault(7).AsSpan().Trim().SequenceEqual("ready");

    /// <summary>
    /// The number of a server that did not end in order was given to some other process (or to its own unburied one),
    /// which PostgreSQL would take for a running server.
    /// </summary>
    public bool NamesAnotherProcess() => PidFile().Length > 0 && RunningServer() is null;

    public async Task<string> Password(CancellationToken cancellation)
    {
        var file = Path.Combine(Folder, "password");
        return File.Exists(file)
            ? (await File.ReadAllTextAsync(file, cancellation)).Trim()
            : throw new EmbeddedPostgresException(
                $"The password of the server in {Folder} is gone: bring the file {file} back from a backup."
            );
    }

    public EmbeddedPostgresException Failure(string what, string log) =>
        new($"PostgreSQL in {Folder} {what}. The end of {log}:\n{Tail(log)}");

    /// <summary>The last twenty lines of a log.</summary>
    public string Tail(string log)
    {
        var file = Path.Combine(Folder, log);
        return File.Exists(file) ? string.Join('\n', File.ReadLines(file).TakeLast(20)) : "(empty)";
    }

    private string[] PidFile()
    {
        try
        {
            return File.ReadAllLines(Path.Combine(Data, "postmaster.pid"));
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
    }

    private static int? Number(string file) =>
        File.Exists(file)
        && int.TryParse(File.ReadAllText(file).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    private bool IsServer(int processId)
    {
        try
        {
            // On Linux the command line tells whose server it is, and is empty for a process that has ended.
            if (OperatingSystem.IsLinux())
                return File.ReadAllText($"/proc/{processId}/cmdline")
                    .Split('\0')
                    .Contains(Data, StringComparer.Ordinal);

            using var process = Process.GetProcessById(processId);
            return process.ProcessName.Contains("postgres", StringComparison.Ordinal);
        }
        catch (Exception gone) when (gone is IOException or ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }
}
