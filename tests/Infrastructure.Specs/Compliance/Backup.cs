using System.Diagnostics;
using Npgsql;

namespace SchemaHub.Infrastructure.Specs.Compliance;

/// <summary>Backups as operators make them: with PostgreSQL's own programs.</summary>
internal static class Backup
{
    /// <summary>A backup that can be restored, as a file.</summary>
    public static async Task<string> Dump(string connectionString)
    {
        var file = Path.GetTempFileName();
        await Run("pg_dump", connectionString, "--format=custom", $"--file={file}");
        return file;
    }

    /// <summary>Everything in the database as text.</summary>
    public static Task<string> DumpAsText(string connectionString) =>
        Run("pg_dump", connectionString, "--format=plain", "--inserts");

    public static Task Restore(string file, string connectionString) =>
        Run("pg_restore", connectionString, "--exit-on-error", file);

    /// <summary>
    /// In the database that is there. Its schemas are dropped first: <c>pg_restore --clean</c> cannot drop partitions.
    /// </summary>
    public static async Task RestoreInPlace(string file, string connectionString)
    {
        await using (var source = NpgsqlDataSource.Create(connectionString))
        {
            await using var drop = source.CreateCommand(
                """
                drop schema events, access, schema_migrations, backstage, sending, jobs, hangfire, saas, snorq,
                    podcast, smarthub cascade
                """
            );
            await drop.ExecuteNonQueryAsync();
        }

        await Run("pg_restore", connectionString, "--exit-on-error", file);
    }

    private static async Task<string> Run(string program, string connectionString, params string[] arguments)
    {
        var path = Find(program);
        if (path is null)
            Assert.Ignore($"{program} is not installed.");

        var server = new NpgsqlConnectionStringBuilder(connectionString);
        var start = new ProcessStartInfo(path!, [$"--dbname={server.Database}", .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["PGHOST"] = server.Host,
                ["PGPORT"] = $"{server.Port}",
                ["PGUSER"] = server.Username,
                ["PGPASSWORD"] = server.Password,
            },
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, await errors);
        return output;
    }

    private static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);
}
