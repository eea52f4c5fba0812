namespace SchemaHub.Infrastructure.Mail;

/// <summary>
/// Settings of outgoing mail, <c>SchemaHub:Mail</c>: a server, Resend, or a directory for development.
/// </summary>
public sealed record MailOptions
{
    private const int ImplicitTlsPort = 465;

    /// <summary>The mail server (submission); mail goes to <see cref="Directory"/> where none is named.</summary>
    public string? Host { get; init; }

    /// <summary>587 unless named. On 465 TLS is spoken from the first byte (RFC 8314).</summary>
    public int Port { get; init; } = 587;

    /// <summary>Refuses to speak without encryption. Off only for a server on this machine.</summary>
    public bool StartTls { get; init; } = true;

    /// <summary>Whether TLS is spoken from the first byte; where unset, the port says it.</summary>
    public bool? ImplicitTls { get; init; }

    /// <summary>A PEM file of the authorities to trust instead of the machine's.</summary>
    public string? TrustedCertificates { get; init; }

    /// <summary>Who we are to the server; nobody where empty.</summary>
    public string? User { get; init; }

    /// <inheritdoc cref="User"/>
    public string? Password { get; init; }

    /// <summary>A token instead of a password, for <see cref="User"/>.</summary>
    public MailOAuthOptions OAuth { get; init; } = new();

    /// <summary>
    /// The sender of mails that are in no organization's name, <c>Name &lt;address&gt;</c> or an address.
    /// </summary>
    public string? From { get; init; }

    /// <summary>Names the key that signs mail from <see cref="From"/>'s domain (RFC 6376 section 3.1).</summary>
    public string? DkimSelector { get; init; }

    /// <summary>A PEM file with that key, RSA; such mail is not signed where none is named.</summary>
    public string? DkimKeyFile { get; init; }

    /// <summary>Where each mail is left as an <c>.eml</c> file instead of being sent.</summary>
    public string? Directory { get; init; }

    /// <summary>Resend, where its key is set and no server is named.</summary>
    public ResendOptions Resend { get; init; } = new();

    /// <summary>How many mails of a campaign one node hands over at the same time.</summary>
    public int Connections { get; init; } = 8;

    /// <summary>
    /// The DNS servers to ask about senders' domains, in turn: <c>address</c> or <c>address:port</c>, separated by
    /// commas; the machine's unless named.
    /// </summary>
    public string? DnsServer { get; init; }

    internal bool IsImplicitTls => ImplicitTls ?? Port == ImplicitTlsPort;

    /// <summary>It goes out, rather than into a directory.</summary>
    public bool IsSent => !string.IsNullOrEmpty(Host) || IsResend;

    internal bool IsResend => !string.IsNullOrEmpty(Resend.ApiKey);

    /// <exception cref="InvalidOperationException">Mail is not configured, or only in part.</exception>
    internal void RequireUsable()
    {
        if (!string.IsNullOrEmpty(Host) && IsResend)
            throw new InvalidOperationException(
                "Mail has two ways out: set SchemaHub:Mail:Host or SchemaHub:Mail:Resend:ApiKey, not both."
            );

        if (!IsSent && string.IsNullOrEmpty(Directory))
            throw new InvalidOperationException(
                "Mail is not configured: set SchemaHub:Mail:Host or SchemaHub:Mail:Resend:ApiKey to send it, "
                    + "or SchemaHub:Mail:Directory to keep it as files."
            );

        if (IsSent && string.IsNullOrEmpty(From))
            throw new InvalidOperationException("Mail needs a sender: set SchemaHub:Mail:From.");

        if (string.IsNullOrEmpty(DkimSelector) != string.IsNullOrEmpty(DkimKeyFile))
            throw new InvalidOperationException(
                "A DKIM key has a name: set SchemaHub:Mail:DkimSelector and SchemaHub:Mail:DkimKeyFile, or neither."
            );

        OAuth.RequireUsable(this);
        if (Connections is < 1 or > 1000)
            throw new InvalidOperationException("SchemaHub:Mail:Connections is from 1 to 1000.");
    }
}

/// <summary>Settings of Resend, <c>SchemaHub:Mail:Resend</c>.</summary>
public sealed record ResendOptions
{
    /// <summary>The key that may send, <c>re_…</c>.</summary>
    public string? ApiKey { get; init; }

    /// <summary>Where its API is.</summary>
    public Uri BaseUrl { get; init; } = new("https://api.resend.com");
}
