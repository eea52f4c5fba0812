using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>Opens a connection to a mail server: greeting, encryption, who we are.</summary>
/// <param name="tokens">Null where the server is given a password, or nothing.</param>
internal sealed class SmtpHandshake(MailOptions options, SmtpLimits limits, TimeProvider clock, AccessTokens? tokens)
{
    private readonly SmtpAuthentication _authentication = new(options);

    /// <exception cref="MailNotSentException">The server cannot be reached, or refuses us.</exception>
    public async Task<SmtpConnection> Open(CancellationToken cancellation)
    {
        if (tokens is null)
            return await Open(token: null, cancellation);

        var token = await tokens.Get(cancellation);
        try
        {
            return await Open(token, cancellation);
        }
        catch (TokenRejectedException rejected)
        {
            return await OpenWithAnother(token, rejected, cancellation);
        }
    }

    /// <summary>A server may hang up after a refusal, so the second try has a connection of its own.</summary>
    private async Task<SmtpConnection> OpenWithAnother(
        AccessToken refused,
        TokenRejectedException rejected,
        CancellationToken cancellation
    )
    {
        if (await tokens!.Replace(refused, cancellation) is not { } other)
            throw new MailNotSentException(rejected.Message, isForGood: true, rejected);

        try
        {
            return await Open(other, cancellation);
        }
        catch (TokenRejectedException again)
        {
            throw new MailNotSentException(again.Message, isForGood: true, again);
        }
    }

    private async Task<SmtpConnection> Open(AccessToken? token, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new DnsEndPoint(options.Host!, options.Port), cancellation);
            return await Greet(socket, token, cancellation);
        }
        catch (AuthenticationException untrusted)
        {
            socket.Dispose();
            throw new MailNotSentException("The mail server's certificate is not trusted.", isForGood: true, untrusted);
        }
        catch (Exception failed) when (failed is IOException or SocketException)
        {
            socket.Dispose();
            throw new MailNotSentException("The mail server cannot be reached.", isForGood: false, failed);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<SmtpConnection> Greet(Socket socket, AccessToken? token, CancellationToken cancellation)
    {
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        if (options.IsImplicitTls)
            stream = await Encrypt(stream, cancellation);

        var reader = new SmtpReader(stream);
        SmtpExchange.Require(await reader.Read(isTextWanted: true, cancellation), 220);
        var exchange = new SmtpExchange(stream, reader, socket);
        var server = await Hello(exchange, socket, cancellation);
        if (options is { StartTls: true, IsImplicitTls: false })
        {
            if (!server.StartTls)
                throw new MailNotSentException("The mail server offers no encryption (STARTTLS).", isForGood: true);

            SmtpExchange.Require(await exchange.Ask("STARTTLS", cancellation), 220);
            // What somebody slipped in before the encryption must not be read as said under it.
            if (reader.HasMore)
                throw new MailNotSentException("The mail server spoke before it encrypted.", isForGood: true);

            stream = await Encrypt(stream, cancellation);
            reader = new SmtpReader(stream);
            exchange = new SmtpExchange(stream, reader, socket);
            server = await Hello(exchange, socket, cancellation);
        }

        if (!string.IsNullOrEmpty(options.User))
            await _authentication.Authenticate(exchange, server, token, cancellation);

        return new SmtpConnection(stream, reader, server, limits, clock);
    }

    private async Task<SslStream> Encrypt(Stream stream, CancellationToken cancellation)
    {
        var encrypted = new SslStream(stream);
        var authentication = new SslClientAuthenticationOptions { TargetHost = options.Host };
        if (!string.IsNullOrEmpty(options.TrustedCertificates))
        {
            authentication.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            authentication.CertificateChainPolicy.CustomTrustStore.ImportFromPemFile(options.TrustedCertificates);
        }

        await encrypted.AuthenticateAsClientAsync(authentication, cancellation);
        return encrypted;
    }

    private static async Task<SmtpExtensions> Hello(
        SmtpExchange exchange,
        Socket socket,
        CancellationToken cancellation
    )
    {
        var reply = await exchange.Ask($"EHLO {OwnName(socket)}", cancellation);
        return SmtpExtensions.Of(SmtpExchange.Require(reply, 250));
    }

    // RFC 5321 section 4.1.4: a name that others can look up, or the address.
    private static string OwnName(Socket socket)
    {
        var name = Dns.GetHostName();
        if (name.Contains('.', StringComparison.Ordinal) && Ascii.IsValid(name))
            return name;

        var address = ((IPEndPoint)socket.LocalEndPoint!).Address;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();

        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? string.Create(CultureInfo.InvariantCulture, $"[IPv6:{address}]")
            : string.Create(CultureInfo.InvariantCulture, $"[{address}]");
    }
}
