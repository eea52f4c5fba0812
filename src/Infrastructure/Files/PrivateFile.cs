using System.Text;

namespace SchemaHub.Infrastructure.Files;

/// <summary>
/// Files that nobody but the service's own account may read, whatever the umask is: mails, exports, proofs, archives,
/// keys and the journal hold what belongs to persons. The only way in which this product writes files.
/// </summary>
public static class PrivateFile
{
    private const UnixFileMode Mode600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Mode700 = Mode600 | UnixFileMode.UserExecute;

    /// <summary>Opens a file for writing. One that exists becomes private before anything is written to it.</summary>
    public static FileStream Open(
        string path,
        FileMode mode,
        FileAccess access = FileAccess.Write,
        FileShare share = FileShare.Read,
        FileOptions options = FileOptions.None
    )
    {
        // Truncated only once it is private: who had it open for reading sees nothing of what is written.
        var opened = mode == FileMode.Create ? FileMode.OpenOrCreate : mode;
        var how = new FileStreamOptions
        {
            Mode = opened,
            Access = access,
            Share = share,
            Options = options,
        };
        if (!OperatingSystem.IsWindows() && opened is not (FileMode.Open or FileMode.Truncate))
            how.UnixCreateMode = Mode600;

        var file = new FileStream(path, how);
        try
        {
            // A umask can only take rights away, but a file that was there keeps the mode it has.
            if (!OperatingSystem.IsWindows() && !IsDevice(file) && File.GetUnixFileMode(file.SafeFileHandle) != Mode600)
                File.SetUnixFileMode(file.SafeFileHandle, Mode600);
            if (mode == FileMode.Create && file.CanSeek)
                file.SetLength(0);

            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Writes a whole file; one that exists is replaced.</summary>
    public static async Task WriteText(string path, string text, CancellationToken cancellation = default)
    {
        await using var file = Open(path, FileMode.Create);
        await file.WriteAsync(Encoding.UTF8.GetBytes(text), cancellation);
    }

    /// <inheritdoc cref="WriteText"/>
    public static async Task WriteBytes(
        string path,
        ReadOnlyMemory<byte> bytes,
        CancellationToken cancellation = default
    )
    {
        await using var file = Open(path, FileMode.Create);
        await file.WriteAsync(bytes, cancellation);
    }

    /// <summary>Makes a directory that nobody else may look into; one that exists is left as it is.</summary>
    public static void CreateDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, Mode700);
    }

    // What the caller named may be a pipe or a device, such as /dev/stdout, whose mode is not ours to change.
    private static bool IsDevice(FileStream file) =>
        !file.CanSeek || file.Name.StartsWith("/dev/", StringComparison.Ordinal);
}
