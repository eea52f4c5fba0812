using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.Campaigns;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>Registration of outgoing mail.</summary>
public static class MailServices
{
    private const string OwnName = "SchemaHub";
    private const string LocalSender = "schemahub@localhost";

    /// <summary>Adds the provider that the settings choose, and the mailer of single mails over it.</summary>
    /// <exception cref="InvalidOperationException">Mail is not configured, or only in part.</exception>
    public static IServiceCollection AddMail(this IServiceCollection services, MailOptions options)
    {
        options.RequireUsable();
        var own = OwnSender(options);
        services.AddSingleton(provider => new MailCircuit(provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IMailProvider>(provider =>
        {
            var clock = provider.GetRequiredService<TimeProvider>();
            var logging = provider.GetRequiredService<ILoggerFactory>();
            return new GuardedProvider(
                Choose(options, clock, logging),
                provider.GetRequiredService<MailCircuit>(),
                clock
            );
        });
        services.AddSingleton(Dns(options));
        return services.AddSingleton<IMailer>(provider => new ProviderMailer(
            provider.GetRequiredService<IMailProvider>(),
            own,
            provider.GetService<SendingOptions>()?.BounceDomain,
            provider.GetRequiredService<ILogger<ProviderMailer>>()
        ));
    }

    /// <summary>The DNS that the settings name.</summary>
    public static IDnsLookup Dns(MailOptions options) => new DnsLookup(options.DnsServer);

    private static MailSender OwnSender(MailOptions options)
    {
        var sender = Mailbox.Sender(options.From ?? LocalSender);
        return sender with
        {
            Name = sender.Name.Length > 0 ? sender.Name : OwnName,
            Dkim = OwnKey(options, sender.Address),
        };
    }

    private static DkimKey? OwnKey(MailOptions options, string address)
    {
        if (string.IsNullOrEmpty(options.DkimKeyFile))
            return null;

        try
        {
            using var key = RSA.Create();
            key.ImportFromPem(File.ReadAllText(options.DkimKeyFile));
            var domain = Mailbox.Of(address).Host.ToString();
            return new DkimKey(domain, options.DkimSelector!, key.ExportPkcs8PrivateKey());
        }
        catch (Exception unreadable)
            when (unreadable
                    is IOException
                        or UnauthorizedAccessException
                        or ArgumentException
                        or CryptographicException
            )
        {
            throw new InvalidOperationException(
                $"SchemaHub:Mail:DkimKeyFile names no RSA key in PEM: {options.DkimKeyFile}",
                unreadable
            );
        }
    }

    private static IMailProvider Choose(MailOptions options, TimeProvider clock, ILoggerFactory logging)
    {
        if (options.IsResend)
            return new ResendProvider(options.Resend, NewClient(options), options.Connections, clock);

        return string.IsNullOrEmpty(options.Host)
            ? new FileDropProvider(options, clock)
            : new SmtpProvider(options, clock, tokens: Tokens(options.OAuth, clock, logging));
    }

    private static AccessTokens? Tokens(MailOAuthOptions options, TimeProvider clock, ILoggerFactory logging) =>
        options.IsOn
            ? new AccessTokens(
                new TokenEndpoint(options, TokenEndpoint.NewHttp(), clock),
                clock,
                logging.CreateLogger<AccessTokens>()
            )
            : null;

    /// <summary>A client that asks nobody else than it was told to, and gives up on connecting early.</summary>
    internal static HttpClient NewClient(MailOptions options) =>
        new(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                ConnectTimeout = TimeSpan.FromSeconds(10),
                MaxConnectionsPerServer = options.Connections,
                // The provider's addresses change.
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            }
        )
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
}
