namespace SchemaHub.Infrastructure.Mail;

/// <summary>How long a server may take (RFC 5321 section 4.5.3.2, shorter where nothing is lost by it).</summary>
/// <param name="Command">To answer what comes before the content.</param>
/// <param name="Content">To take the content.</param>
/// <param name="End">To answer the content's end: whoever gives up here leaves a mail in doubt.</param>
/// <param name="Goodbye">To answer QUIT, and the content's end once sending is cancelled.</param>
internal sealed record SmtpLimits(TimeSpan Command, TimeSpan Content, TimeSpan End, TimeSpan Goodbye)
{
    public static SmtpLimits Default { get; } =
        new(TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(2));
}
