using System.Diagnostics;

namespace SchemaHub.Architecture.Specs;

/// <summary>The files of this checkout, as their authors wrote them; paths are relative and use slashes.</summary>
internal static class Repository
{
    private static readonly string[] s_madeFolders = [".git", "artifacts", "bin", "node_modules", "obj", "TestResults"];

    public static string Root { get; } = FindRoot();

    public static IReadOnlyList<string> Files { get; } =
    [.. (FromGit() ?? FromFolder()).Where(file => File.Exists(FullPath(file))).Order(StringComparer.Ordinal)];

    public static string FullPath(string file) => Path.Combine(Root, file);

    public static string Read(string file) => File.ReadAllText(FullPath(file));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "SchemaHub.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("No folder above holds SchemaHub.sln.");
        return folder.FullName;
    }

    /// <summary>What is committed or about to be; null where git is absent or refuses this folder.</summary>
    private static string[]? FromGit()
    {
        // In a checkout without its .git, git would answer for whatever repository lies around it.
        if (!Path.Exists(FullPath(".git")) || !IsOnPath("git"))
            return null;

        var start = new ProcessStartInfo("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        {
            WorkingDirectory = Root,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var git = Process.Start(start)!;
        git.ErrorDataReceived += (_, _) => { };
        git.BeginErrorReadLine();
        var listed = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        return git.ExitCode == 0 ? listed.Split('\0', StringSplitOptions.RemoveEmptyEntries) : null;
    }

    private static bool IsOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Any(folder =>
                File.Exists(Path.Combine(folder, program)) || File.Exists(Path.Combine(folder, $"{program}.exe"))
            );

    private static IEnumerable<string> FromFolder() =>
        Directory
            .EnumerateFiles(Root, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => !path.Split('/').Intersect(s_madeFolders, StringComparer.Ordinal).Any());
}
