using System.Diagnostics;
using Npgsql;
using SchemaHub.Infrastructure.Postgres;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Postgres;

/// <summary>Gives each spec a data directory of its own that does not exist yet, and cleans up after it.</summary>
[NeedsPrivateServer]
public abstract class DataDirectorySpec
{
    /// <summary>How long anything of a server's may take on a busy machine.</summary>
    protected static TimeSpan Patience { get; } = TimeSpan.FromSeconds(90);

    protected string Folder { get; private set; } = "";

    [SetUp]
    public void ChooseFolder() => Folder = TestServer.NewDirectory();

    [TearDown]
    public void DeleteFolder()
    {
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
    }

    protected static async Task<string?> Ask(EmbeddedPostgres server, string question)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(question, connection);
        return (string?)await command.ExecuteScalarAsync();
    }

    protected static bool IsAlive(int processId)
    {
        // A process that has ended and that nobody has asked about yet has an empty command line.
        if (OperatingSystem.IsLinux())
            return CommandLine(processId).Length > 0;

        return Process.GetProcesses().Any(process => process.Id == processId);
    }

    protected static string CommandLine(int processId)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/cmdline");
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return "";
        }
    }
}
