using System.Net.Mail;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>Leaves each mail as an <c>.eml</c> file, which any mail program opens: for development and specs.</summary>
internal sealed class FileDropMailer : IMailer
{
    private readonly string _directory;
    private readonly string _from;

    public FileDropMailer(string directory, string? from)
    {
        _from = from ?? "schemahub@localhost";
        // The client wants the full path of a directory that exists. The links in the mails are nobody else's business.
        _directory = Path.GetFullPath(directory);
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(_directory);
        else
            Directory.CreateDirectory(
                _directory,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            );
    }

    public async Task Send(Application.Contacts.Mail mail, CancellationToken cancellation)
    {
        using var message = MimeMessages.Of(mail, _from);
        using var client = new SmtpClient
        {
            DeliveryMethod = SmtpDeliveryMethod.SpecifiedPickupDirectory,
            DeliveryFormat = SmtpDeliveryFormat.International,
            PickupDirectoryLocation = _directory,
        };
        await client.SendMailAsync(message, cancellation);
    }
}
