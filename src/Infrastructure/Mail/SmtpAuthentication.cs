using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>Says who we are to a mail server (RFC 4954): by an access token, or by user and password.</summary>
internal sealed class SmtpAuthentication(MailOptions options)
{
    // RFC 5321 section 4.5.3.1.4, with the end of the line.
    private const int LongestCommand = 512;

    private const int Accepted = 235;
    private const int Challenge = 334;
    private const int Rejected = 535;

    /// <param name="token">Null where a password is used.</param>
    /// <exception cref="TokenRejectedException">The server refuses the token.</exception>
    /// <exception cref="MailNotSentException">The server refuses us, or offers no way that we can use.</exception>
    public async Task Authenticate(
        SmtpExchange exchange,
        SmtpExtensions server,
        AccessToken? token,
        CancellationToken cancellation
    )
    {
        if (!exchange.IsSecure)
            throw new MailNotSentException("A password or token is not sent without encryption.", isForGood: true);

        if (token is not null)
            await GiveToken(exchange, server, token, cancellation);
        else if (server.Auth.Contains("PLAIN"))
            await GivePlain(exchange, cancellation);
        else if (server.Auth.Contains("LOGIN"))
            await GiveLogin(exchange, cancellation);
        else
            throw new MailNotSentException("The mail server takes neither AUTH PLAIN nor LOGIN.", isForGood: true);
    }

    /// <summary>SASL XOAUTH2, as Google and Microsoft describe it.</summary>
    private async Task GiveToken(
        SmtpExchange exchange,
        SmtpExtensions server,
        AccessToken token,
        CancellationToken cancellation
    )
    {
        if (!server.Auth.Contains("XOAUTH2"))
            throw new MailNotSentException(
                "The mail server does not offer AUTH XOAUTH2, which SchemaHub:Mail:OAuth needs.",
                isForGood: true
            );

        var response = Base64($"user={options.User}\u0001auth=Bearer {token.Value}\u0001\u0001");
        var reply = await Begin(exchange, response, cancellation);
        // The challenge holds the error as JSON; the server says its code after an empty answer.
        if (reply.Code == Challenge)
            reply = await exchange.Ask("", cancellation);

        // Some servers repeat the command that they refuse.
        reply = reply with
        {
            Text = SecretText.Without(reply.Text, response, token.Value),
        };
        if (reply.Code == Rejected)
            throw new TokenRejectedException(SmtpExchange.Refusal(reply));

        SmtpExchange.Require(reply, Accepted);
    }

    /// <summary>
    /// A command that is too long goes without its response, which follows as a line of its own (RFC 4954 section 4):
    /// servers refuse long commands, and take long responses.
    /// </summary>
    private static async Task<SmtpReply> Begin(SmtpExchange exchange, string response, CancellationToken cancellation)
    {
        const string Command = "AUTH XOAUTH2";
        if (Command.Length + 1 + response.Length + 2 <= LongestCommand)
            return await exchange.Ask($"{Command} {response}", cancellation);

        SmtpExchange.Require(await exchange.Ask(Command, cancellation), Challenge);
        return await exchange.Ask(response, cancellation);
    }

    private async Task GivePlain(SmtpExchange exchange, CancellationToken cancellation)
    {
        var plain = Base64($"\0{options.User}\0{options.Password}");
        SmtpExchange.Require(await exchange.Ask($"AUTH PLAIN {plain}", cancellation), Accepted);
    }

    private async Task GiveLogin(SmtpExchange exchange, CancellationToken cancellation)
    {
        SmtpExchange.Require(await exchange.Ask("AUTH LOGIN", cancellation), Challenge);
        SmtpExchange.Require(await exchange.Ask(Base64(options.User!), cancellation), Challenge);
        SmtpExchange.Require(await exchange.Ask(Base64(options.Password ?? ""), cancellation), Accepted);
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}

/// <summary>Commands and replies of a connection, one after the other.</summary>
internal sealed class SmtpExchange(Stream stream, SmtpReader reader, Socket socket)
{
    /// <summary>Nobody between us and the server can read it.</summary>
    public bool IsSecure => stream is SslStream || IPAddress.IsLoopback(((IPEndPoint)socket.RemoteEndPoint!).Address);

    /// <summary>Sends a command and reads the reply to it.</summary>
    public async Task<SmtpReply> Ask(string command, CancellationToken cancellation)
    {
        await stream.WriteAsync(Encoding.UTF8.GetBytes(command + "\r\n"), cancellation);
        return await reader.Read(isTextWanted: true, cancellation);
    }

    /// <exception cref="MailNotSentException">The reply is another one.</exception>
    public static SmtpReply Require(SmtpReply reply, int code) =>
        reply.Code == code ? reply : throw new MailNotSentException(Refusal(reply), reply.Code >= 500);

    public static string Refusal(SmtpReply reply) => $"The mail server refuses us: {reply.Reason}";
}

/// <summary>The mail server refused an access token (535): another token may be taken.</summary>
internal sealed class TokenRejectedException(string message) : Exception(message);
