namespace SchemaHub.Infrastructure.Postgres;

/// <summary>Where the private PostgreSQL server keeps its data, and how it is set.</summary>
public sealed record EmbeddedPostgresOptions
{
    /// <summary>
    /// The folder of the service's data; the server takes the folder <c>postgres</c> in it. By default
    /// <c>SCHEMAHUB_DATA</c>, otherwise <c>/var/lib/schemahub</c> for root, otherwise <c>schemahub</c> in the user's
    /// local application data.
    /// </summary>
    public string DataDirectory { get; init; } = DefaultDataDirectory();

    /// <summary>Where PostgreSQL is kept when it has to be fetched: one copy for every data directory.</summary>
    public string CacheDirectory { get; init; } = Path.Combine(DefaultDataDirectory(), "cache");

    /// <summary>Settings of postgresql.conf that are added to ours or replace them.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } =
        new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>False gives up every promise about a crash for speed: for specs only.</summary>
    public bool Durable { get; init; } = true;

    /// <summary>Whether the data directory is deleted after its last program has ended: for specs only.</summary>
    public bool DeleteAtEnd { get; init; }

    /// <summary>How often a server that has ended is started again.</summary>
    public RestartLimit RestartLimit { get; init; } = RestartLimit.Usual;

    /// <summary>The folders searched for PostgreSQL; null for the usual ones.</summary>
    internal IReadOnlyList<string>? SearchedDirectories { get; init; }

    private static string DefaultDataDirectory()
    {
        if (Environment.GetEnvironmentVariable("SCHEMAHUB_DATA") is { Length: > 0 } named)
            return Path.GetFullPath(named);
        if (Environment.IsPrivilegedProcess)
            return "/var/lib/schemahub";

        var local = Environment.GetFolderPath(
            Environment.SpecialFolder.LocalApplicationData,
            Environment.SpecialFolderOption.DoNotVerify
        );
        return local.Length > 0
            ? Path.Combine(local, "schemahub")
            : throw new EmbeddedPostgresException("This user has no home folder. Set SCHEMAHUB_DATA to a folder.");
    }

    /// <summary>Our settings for a small server, with the caller's on top, as text for postgresql.conf.</summary>
    internal string Configuration()
    {
        var settings = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["listen_addresses"] = "127.0.0.1",
            ["unix_socket_directories"] = "",
            ["max_connections"] = "200",
            ["shared_buffers"] = "512MB",
            ["max_wal_size"] = "8GB",
            ["checkpoint_timeout"] = "15min",
            // Measured: a fifth of the log after a checkpoint, at no cost in transactions.
            ["wal_compression"] = "on",
            ["fsync"] = Durable ? "on" : "off",
            ["synchronous_commit"] = Durable ? "on" : "off",
            ["full_page_writes"] = Durable ? "on" : "off",
            // Our statements are short and many; compiling them costs more than it saves.
            ["jit"] = "off",
            ["timezone"] = "UTC",
            ["log_timezone"] = "UTC",
            ["password_encryption"] = "scram-sha-256",
            // No personal data in the log: an error's text, detail, statement and parameters may all hold some.
            // Errors reach the client all the same; "log" keeps the server's own messages and drops the errors.
            ["log_min_messages"] = "log",
            ["log_error_verbosity"] = "terse",
            ["log_min_error_statement"] = "panic",
            ["log_min_duration_statement"] = "-1",
            ["log_statement"] = "none",
            ["log_parameter_max_length"] = "0",
            ["log_parameter_max_length_on_error"] = "0",
            ["log_checkpoints"] = "off",
        };
        foreach (var (name, value) in Settings)
            settings[name] = value;

        return string.Join('\n', settings.Select(setting => $"{setting.Key} = {Quoted(setting.Value)}"));
    }

    private static string Quoted(string value) => $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";
}
