namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>Where MJML is compiled, <c>SchemaHub:Mjml</c>.</summary>
public sealed record MjmlOptions
{
    /// <summary>The Node program: a path, or a name that PATH finds.</summary>
    public string Node { get; init; } = "node";

    /// <summary>
    /// The folder of <c>worker.mjs</c> with its <c>node_modules</c>; <c>mjml</c> beside the program, or
    /// <c>src/Mjml</c> of the repository it was built in, unless named.
    /// </summary>
    public string? Directory { get; init; }

    /// <summary>How long one template may take, in seconds.</summary>
    public int TimeoutSeconds { get; init; } = 15;

    /// <summary>
    /// How many templates are compiled at once, each in a process of its own; one organization has all but one.
    /// </summary>
    public int Workers { get; init; } = 2;

    /// <summary>How many templates may wait; a quarter of them of one organization.</summary>
    public int QueueLength { get; init; } = 32;

    /// <summary>How much memory a process may take for its objects, in megabytes.</summary>
    public int MemoryMegabytes { get; init; } = 256;

    /// <exception cref="InvalidOperationException">A value makes no sense.</exception>
    public void Check()
    {
        Require(TimeoutSeconds is >= 1 and <= 60, nameof(TimeoutSeconds), "1 to 60");
        Require(Workers is >= 1 and <= 32, nameof(Workers), "1 to 32");
        Require(QueueLength is >= 1 and <= 1_000, nameof(QueueLength), "1 to 1000");
        Require(MemoryMegabytes is >= 64 and <= 4_096, nameof(MemoryMegabytes), "64 to 4096");
    }

    private static void Require(bool isSensible, string setting, string range)
    {
        if (!isSensible)
            throw new InvalidOperationException($"SchemaHub:Mjml:{setting} is not in the range {range}.");
    }

    /// <summary>The folder, or null where the package is not installed in any.</summary>
    public string? Find() => Candidates().FirstOrDefault(IsInstalled);

    private IEnumerable<string> Candidates()
    {
        if (!string.IsNullOrEmpty(Directory))
            return [Path.GetFullPath(Directory)];

        var candidates = new List<string> { Path.Combine(AppContext.BaseDirectory, "mjml") };
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            candidates.Add(Path.Combine(folder.FullName, "src", "Mjml"));

        return candidates;
    }

    private static bool IsInstalled(string folder) =>
        File.Exists(Path.Combine(folder, "worker.mjs"))
        && File.Exists(Path.Combine(folder, "node_modules", "mjml", "package.json"));
}
