using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.Identity;

namespace SchemaHub.Api.Identity;

/// <summary>Does what strangers were answered already, as long as the service runs.</summary>
[AfterRestore(AfterRestore.Answers, "Does what people ask for now, from memory; their mails are jobs.")]
internal sealed class AccountWork(AccountQueue queue) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => queue.RunAsync(stoppingToken);
}
