using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>A mail server that takes mail for everybody (submission).</summary>
internal sealed class SmtpProvider(MailOptions options, TimeProvider clock, SmtpLimits? limits = null) : IMailProvider
{
    private readonly MimeComposer _composer = new(clock);
    private readonly SmtpHandshake _handshake = new(options, limits ?? SmtpLimits.Default, clock);

    public int Connections => options.Connections;

    public PreparedMail Prepare(OutgoingMail mail) => _composer.Compose(mail);

    public async Task<IMailConnection> Connect(CancellationToken cancellation) => await _handshake.Open(cancellation);
}
