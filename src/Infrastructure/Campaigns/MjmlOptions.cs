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
