using System.Diagnostics;

namespace SchemaHub.Infrastructure.Specs.Postgres;

/// <summary>A disk of a few megabytes to be filled and emptied. It lies in memory; only root can mount it.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _filler;

    public SmallDisk(int sizeMegabytes)
    {
        Folder = Directory.CreateTempSubdirectory("schemahub-disk-").FullName;
        _filler = Path.Combine(Folder, "filler");
        Run("mount", "-t", "tmpfs", "-o", FormattableString.Invariant($"size={sizeMegabytes}m"), "tmpfs", Folder);
        // The server's account must get in.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Folder, (UnixFileMode)0b111_111_111);
    }

    public string Folder { get; }

    /// <summary>Takes all the space that is left.</summary>
    public void Fill()
    {
        using var filler = new FileStream(_filler, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[65_536];
        for (var size = block.Length; size >= 512; size /= 2)
        {
            try
            {
                while (true)
                    filler.Write(block, 0, size);
            }
            catch (IOException)
            {
                // What is left is smaller than this.
            }
        }
    }

    /// <summary>Gives the space back.</summary>
    public void Empty() => File.Delete(_filler);

    public void Dispose()
    {
        Run("umount", "-l", Folder);
        Directory.Delete(Folder);
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', arguments)}");
    }
}
