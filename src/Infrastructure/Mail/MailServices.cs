using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>Settings of outgoing mail, <c>SchemaHub:Mail</c>: a server, or a directory for development.</summary>
public sealed record MailOptions
{
    /// <summary>The mail server (submission); mail goes to <see cref="Directory"/> where none is named.</summary>
    public string? Host { get; init; }

    /// <summary>587 unless named. TLS from the first byte (465) is not spoken: decision 0015.</summary>
    public int Port { get; init; } = 587;

    /// <summary>Refuses to speak without encryption. Off only for a server on this machine.</summary>
    public bool StartTls { get; init; } = true;

    /// <summary>Who we are to the server; nobody where empty.</summary>
    public string? User { get; init; }

    /// <inheritdoc cref="User"/>
    public string? Password { get; init; }

    /// <summary>The sender of mails that are not in a form's name.</summary>
    public string? From { get; init; }

    /// <summary>Where each mail is left as an <c>.eml</c> file instead of being sent.</summary>
    public string? Directory { get; init; }
}

/// <summary>Registration of outgoing mail.</summary>
public static class MailServices
{
    /// <summary>Adds the mailer that the settings choose.</summary>
    /// <exception cref="InvalidOperationException">Mail is not configured, or only in part.</exception>
    public static IServiceCollection AddMail(this IServiceCollection services, MailOptions options)
    {
        if (!string.IsNullOrEmpty(options.Host))
        {
            if (string.IsNullOrEmpty(options.From))
                throw new InvalidOperationException("Mail needs a sender: set SchemaHub:Mail:From.");

            return services.AddSingleton<IMailer>(provider => new SmtpMailer(
                options,
                options.From,
                provider.GetRequiredService<ILogger<SmtpMailer>>()
            ));
        }

        if (string.IsNullOrEmpty(options.Directory))
            throw new InvalidOperationException(
                "Mail is not configured: set SchemaHub:Mail:Host to send it, "
                    + "or SchemaHub:Mail:Directory to keep it as files."
            );

        return services.AddSingleton<IMailer>(new FileDropMailer(options.Directory, options.From));
    }
}
