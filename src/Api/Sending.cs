using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.Campaigns;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Api;

/// <summary>Sends campaigns while the service runs; on every node, all together.</summary>
[AfterRestore(AfterRestore.Waits, "Each campaign is held by itself, in the send ledger.")]
internal sealed partial class Sending(
    CampaignSender sender,
    IPublicLinks links,
    ApiOptions options,
    ILogger<Sending> logger
) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Mail.IsSent && new Uri(links.Root).Scheme != Uri.UriSchemeHttps)
            LogNoOneClick(links.Root);

        return sender.RunAsync(stoppingToken);
    }

    [LoggerMessage(
        LogLevel.Warning,
        "Links in mails lead to {Root}, which is not https: mails offer no one-click unsubscribe (RFC 8058), which "
            + "mailbox providers ask of bulk senders. Set SchemaHub:PublicUrl."
    )]
    private partial void LogNoOneClick(string root);
}
