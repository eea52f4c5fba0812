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
internal sealed class SmtpHandshake(MailOptions options, SmtpLimits limits, TimeProvider clock)
{
    /// <exception cref="MailNotSentException">The server cannot be reached, or refuses us.</exception>
    public async Task<SmtpConnection> Open(CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new DnsEndPoint(options.Host!, options.Port), cancellation);
            return await Greet(socket, cancellation);
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

    private async Task<SmtpConnection> Greet(Socket socket, CancellationToken cancellation)
    {
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        if (options.IsImplicitTls)
            stream = await Encrypt(stream, cancellation);

        var reader = new SmtpReader(stream);
        Require(await reader.Read(isTextWanted: true, cancellation), 220);
        var server = await Hello(stream, reader, socket, cancellation);
        if (options is { StartTls: true, IsImplicitTls: false })
        {
            if (!server.StartTls)
                throw new MailNotSentException("The mail server offers no encryption (STARTTLS).", isForGood: true);

            Require(await Exchange(stream, reader, "STARTTLS", cancellation), 220);
            // What somebody slipped in before the encryption must not be read as said under it.
            if (reader.HasMore)
                throw new MailNotSentException("The mail server spoke before it encrypted.", isForGood: true);

            stream = await Encrypt(stream, cancellation);
            reader = new SmtpReader(stream);
            server = await Hello(stream, reader, socket, cancellation);
        }

        if (!string.IsNullOrEmpty(options.User))
            await Authenticate(stream, reader, server, socket, cancellation);

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
        Stream stream,
        SmtpReader reader,
        Socket socket,
        CancellationToken cancellation
    )
    {
        var reply = await Exchange(stream, reader, $"EHLO {OwnName(socket)}", cancellation);
        return SmtpExtensions.Of(Require(reply, 250));
    }

    private async Task Authenticate(
        Stream stream,
        SmtpReader reader,
        SmtpExtensions server,
        Socket socket,
        CancellationToken cancellation
    )
    {
        if (stream is not SslStream && !IPAddress.IsLoopback(((IPEndPoint)socket.RemoteEndPoint!).Address))
            throw new MailNotSentException("A password is not sent without encryption.", isForGood: true);

        if (server.Auth.Contains("PLAIN"))
        {
            var plain = Base64($"\0{options.User}\0{options.Password}");
            Require(await Exchange(stream, reader, $"AUTH PLAIN {plain}", cancellation), 235);
        }
        else if (server.Auth.Contains("LOGIN"))
        {
            Require(await Exchange(stream, reader, "AUTH LOGIN", cancellation), 334);
            Require(await Exchange(stream, reader, Base64(options.User!), cancellation), 334);
            Require(await Exchange(stream, reader, Base64(options.Password ?? ""), cancellation), 235);
        }
        else
        {
            throw new MailNotSentException("The mail server takes neither AUTH PLAIN nor LOGIN.", isForGood: true);
        }
    }

    private static async Task<SmtpReply> Exchange(
        Stream stream,
        SmtpReader reader,
        string command,
        CancellationToken cancellation
    )
    {
        await stream.WriteAsync(Encoding.UTF8.GetBytes(command + "\r\n"), cancellation);
        return await reader.Read(isTextWanted: true, cancellation);
    }

    private static SmtpReply Require(SmtpReply reply, int code) =>
        reply.Code == code
            ? reply
            : throw new MailNotSentException($"The mail server refuses us: {reply.Reason}", reply.Code >= 500);

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

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
