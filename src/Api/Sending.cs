using SchemaHub.Infrastructure.Campaigns;

namespace SchemaHub.Api;

/// <summary>Sends campaigns while the service runs; on every node, all together.</summary>
internal sealed class Sending(CampaignSender sender) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => sender.RunAsync(stoppingToken);
}
