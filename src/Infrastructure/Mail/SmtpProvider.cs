using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>A mail server that takes mail for everybody (submission).</summary>
/// <param name="tokens">Of <see cref="MailOptions.OAuth"/>, where it is set.</param>
internal sealed class SmtpProvider(
    MailOptions options,
    TimeProvider clock,
    SmtpLimits? limits = null,
    AccessTokens? tokens = null
) : IMailProvider
{
    private readonly MimeComposer _composer = new(clock);
    private readonly SmtpHandshake _handshake = new(options, limits ?? SmtpLimits.Default, clock, tokens);

    public int Connections => options.Connections;

    public PreparedMail Prepare(OutgoingMail mail) => _composer.Compose(mail);

    public async Task<IMailConnection> Connect(CancellationToken cancellation) => await _handshake.Open(cancellation);
}
