using System.Buffers;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Files;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>
/// Leaves each mail as an <c>.eml</c> file, which any mail program opens: for development and specs. A file has its
/// mail's name, so that the same mail, sent again, is there once.
/// </summary>
internal sealed class FileDropProvider : IMailProvider, IMailConnection
{
    private static readonly SearchValues<char> FileNames = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@-_.+=$"
    );

    private readonly MimeComposer _composer;
    private readonly string _directory;
    private readonly string _unfinished;

    public FileDropProvider(MailOptions options, TimeProvider clock)
    {
        _composer = new MimeComposer(clock);
        Connections = options.Connections;
        _directory = Path.GetFullPath(options.Directory!);
        _unfinished = Path.Combine(_directory, "unfinished");
        // The links in the mails are nobody else's business.
        PrivateFile.CreateDirectory(_directory);
        PrivateFile.CreateDirectory(_unfinished);
    }

    public int Connections { get; }

    public PreparedMail Prepare(OutgoingMail mail) => _composer.Compose(mail);

    public Task<IMailConnection> Connect(CancellationToken cancellation) => Task.FromResult<IMailConnection>(this);

    public async Task<HandOver> Send(PreparedMail mail, CancellationToken cancellation)
    {
        var composed = (ComposedMail)mail;
        var name = NameOf(composed.MessageId);
        var unfinished = Path.Combine(_unfinished, Guid.CreateVersion7().ToString("n"));
        try
        {
            await PrivateFile.WriteBytes(unfinished, composed.Content, cancellation);
            // Whoever looks into the directory sees whole mails only.
            File.Move(unfinished, Path.Combine(_directory, name), overwrite: true);
            return new HandOver.Taken(name);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            return new HandOver.NotNow("The mail's file cannot be written.");
        }
        catch (OperationCanceledException)
        {
            return new HandOver.NotNow("Sending was cancelled.");
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // A Message-ID may hold what a file's name must not, a path for instance.
    private static string NameOf(string messageId)
    {
        const int Longest = 200;
        var isName =
            messageId.Length <= Longest && messageId[0] != '.' && !messageId.AsSpan().ContainsAnyExcept(FileNames);
        return isName
            ? messageId + ".eml"
            : Convert.ToHexStringLower(
                System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(messageId))
            ) + ".eml";
    }
}
