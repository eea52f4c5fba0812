namespace SchemaHub.Infrastructure.Postgres;

/// <summary>
/// The account the server runs under: our own, or an unprivileged one when we are root, because PostgreSQL refuses to
/// run as root.
/// </summary>
internal sealed record ServerAccount(string Name, string? Owner, IReadOnlyList<string> Prefix)
{
    public static async Task<ServerAccount> Find(CancellationToken cancellation)
    {
        if (!Environment.IsPrivilegedProcess)
            return new ServerAccount(Environment.UserName, Owner: null, Prefix: []);

        foreach (var name in new[] { "postgres", "nobody" })
        {
            var user = await ChildProcess.Run(["id", "-u", name], cancellation);
            var group = await ChildProcess.Run(["id", "-g", name], cancellation);
            if (user.Succeeded && group.Succeeded)
                return new ServerAccount(
                    name,
                    $"{user.Output.Trim()}:{group.Output.Trim()}",
                    Switch(name, user.Output.Trim(), group.Output.Trim())
                );
        }
        throw new EmbeddedPostgresException(
            "PostgreSQL refuses to run as root, and there is neither a user 'postgres' nor a user 'nobody' to run it."
        );
    }

    private static string[] Switch(string name, string user, string group)
    {
        if (ChildProcess.IsOnPath("setpriv"))
            return ["setpriv", $"--reuid={user}", $"--regid={group}", "--clear-groups", "--"];
        if (ChildProcess.IsOnPath("runuser"))
            return ["runuser", "-u", name, "--"];

        throw new EmbeddedPostgresException(
            $"PostgreSQL refuses to run as root. Install util-linux (setpriv), so that it can run as '{name}', "
                + "or start this program as another user."
        );
    }

    /// <summary>Makes a folder of this account's that nobody else may enter; one that exists stays as it is.</summary>
    public Task CreateOwnFolder(string folder, CancellationToken cancellation) =>
        Create(folder, Owner is null ? ["-m", "700"] : ["-m", "700", .. OwnerOptions(Owner)], cancellation);

    /// <summary>Makes a folder of ours that this account can enter; one that exists stays as it is.</summary>
    public static Task CreateSharedFolder(string folder, CancellationToken cancellation) =>
        Create(folder, ["-m", "755"], cancellation);

    private static string[] OwnerOptions(string owner)
    {
        var parts = owner.Split(':');
        return ["-o", parts[0], "-g", parts[1]];
    }

    private static async Task Create(string folder, string[] options, CancellationToken cancellation)
    {
        if (Directory.Exists(folder))
            return;

        // Under another name until it is as it should be: whoever starts at the same time finds none, or a whole one.
        var begun = $"{Path.TrimEndingDirectorySeparator(folder)}.{Guid.CreateVersion7():n}";
        var made = await ChildProcess.Run(["install", "-d", .. options, begun], cancellation);
        if (!made.Succeeded)
            throw new EmbeddedPostgresException(
                $"The folder {folder} cannot be made. Set SCHEMAHUB_DATA to another one.\n{made.Errors.Trim()}"
            );

        try
        {
            Directory.Move(begun, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            Directory.Delete(begun);
        }
    }

    /// <summary>The folder's path without links, as this account sees it.</summary>
    /// <exception cref="EmbeddedPostgresException">Names the first folder on the way that is closed to it.</exception>
    public async Task<string> Enter(string folder, CancellationToken cancellation)
    {
        var way = new List<string>();
        for (var step = folder; step is not null; step = Path.GetDirectoryName(step))
            way.Insert(0, step);

        const string firstClosed = "for d; do cd \"$d\" 2>/dev/null || { printf %s \"$d\"; exit 1; }; done; pwd -P";
        var walk = await ChildProcess.Run([.. Prefix, "sh", "-c", firstClosed, "sh", .. way], cancellation);
        if (walk.Succeeded)
            return walk.Output.TrimEnd('\n');

        throw new EmbeddedPostgresException(
            walk.Output.Length == 0
                ? $"PostgreSQL cannot run as the user '{Name}': {walk.Errors.Trim()}"
                : $"PostgreSQL runs as the user '{Name}', who cannot enter {walk.Output}, and so cannot reach "
                    + $"{folder}. Set SCHEMAHUB_DATA to a folder that everybody can reach (such as "
                    + $"/var/lib/schemahub), or open the way: chmod o+x {walk.Output}"
        );
    }
}
