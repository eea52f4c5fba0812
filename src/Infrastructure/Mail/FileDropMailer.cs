using System.Net.Mail;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>Leaves each mail as an <c>.eml</c> file, which any mail program opens: for development and specs.</summary>
internal sealed class FileDropMailer : IMailer
{
    private readonly MailOptions _options;

    public FileDropMailer(MailOptions options)
    {
        _options = options;
        // The client wants the full path of a directory that exists. Links in mails are nobody else's business.
        options.Directory = Path.GetFullPath(options.Directory!);
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(options.Directory);
        else
            Directory.CreateDirectory(
                options.Directory,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            );
    }

    public async Task Send(Application.Contacts.Mail mail, CancellationToken cancellation)
    {
        using var message = MimeMessages.Of(mail, _options.From!);
        using var client = new SmtpClient
        {
            DeliveryMethod = SmtpDeliveryMethod.SpecifiedPickupDirectory,
            DeliveryFormat = SmtpDeliveryFormat.International,
            PickupDirectoryLocation = _options.Directory,
        };
        await client.SendMailAsync(message, cancellation);
    }
}
