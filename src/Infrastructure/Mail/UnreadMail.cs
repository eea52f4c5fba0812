using System.Security.Cryptography;
using SchemaHub.Infrastructure.Files;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>
/// Messages to a return path that nothing could be read from, as files for the operator: 30 days, readable by nobody
/// else, since they hold what persons wrote.
/// </summary>
public static class UnreadMail
{
    private const string Folder = "unread-mail";
    private const int MostFiles = 10_000;

    private static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    /// <summary>Keeps a message; the same one is kept once.</summary>
    /// <param name="dataDirectory">The folder of unread mail lies in it.</param>
    /// <returns>The file.</returns>
    /// <exception cref="IOException">It cannot be written, or too many wait to be looked at.</exception>
    public static async Task<string> Keep(
        string dataDirectory,
        ReadOnlyMemory<byte> message,
        TimeProvider clock,
        CancellationToken cancellation
    )
    {
        var folder = Path.Combine(dataDirectory, Folder);
        PrivateFile.CreateDirectory(folder);
        var oldest = clock.GetUtcNow() - Kept;
        var count = 0;
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*.eml"))
        {
            if (file.LastWriteTimeUtc < oldest.UtcDateTime)
                file.Delete();
            else
                count++;
        }

        var name = $"{Convert.ToHexStringLower(SHA256.HashData(message.Span).AsSpan(0, 16))}.eml";
        var path = Path.Combine(folder, name);
        if (count >= MostFiles && !File.Exists(path))
            throw new IOException($"{MostFiles} messages wait in {folder} to be looked at.");

        await PrivateFile.WriteBytes(path, message, cancellation);
        return path;
    }
}
