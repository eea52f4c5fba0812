using SchemaHub.Infrastructure.Campaigns;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Api;

/// <summary>Sends campaigns while the service runs; on every node, all together.</summary>
[AfterRestore(AfterRestore.Waits, "Each campaign is held by itself, in the send ledger.")]
internal sealed class Sending(CampaignSender sender) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => sender.RunAsync(stoppingToken);
}
