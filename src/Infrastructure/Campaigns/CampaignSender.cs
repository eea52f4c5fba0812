using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// Sends campaigns, together with every other node that does. It may be killed at any moment: what it had in hand is
/// taken over, and of that only what was just being handed over, one mail per connection, is in doubt.
/// </summary>
public sealed partial class CampaignSender : IDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Keep = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(5);

    private readonly NpgsqlDataSource _writer;
    private readonly HandOverJournal _journal;
    private readonly IServiceProvider _services;
    private readonly IMailProvider _provider;
    private readonly SendingOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<CampaignSender> _logger;

    public CampaignSender(
        Installation installation,
        IServiceProvider services,
        IMailProvider provider,
        SendingOptions options,
        TimeProvider clock,
        ILogger<CampaignSender> logger
    )
    {
        _writer = installation.Writer;
        _journal = new HandOverJournal(installation.Writer, installation.Journal, clock);
        _services = services;
        _provider = provider;
        _options = options;
        _clock = clock;
        _logger = logger;
        options.Check();
    }

    /// <summary>
    /// Sends what there is to send until it is to stop; what was handed over by then is known to the ledger.
    /// </summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await using var identity = await NodeIdentity.Claim(_writer, stopping);
                await Run(identity, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (CanPass(failure))
            {
                LogFailure(Describe(failure));
                await Task.Delay(AfterFailure, _clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task Run(NodeIdentity identity, CancellationToken stopping)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var queue = Channel.CreateBounded<QueuedMail>(
            new BoundedChannelOptions(2 * _provider.Connections) { SingleWriter = true }
        );
        var ledger = new RunLedger(_writer, _clock);
        var runs = new CampaignRuns(ledger, _services.GetRequiredService<RunAs>(), _clock);
        var chunks = new ChunkLedger(_writer, _clock, identity.Number);
        var rates = new DomainRates(_options.DomainsPerSecond, _clock);
        await using var exchange = new LedgerExchange(_writer, _clock, _logger, identity.Number);
        var feed = new CampaignFeed(queue.Writer, runs, ledger, chunks, _journal, rates, _clock);
        var mails = ActivatorUtilities.CreateInstance<CampaignMails>(
            _services,
            _provider,
            new MailIdentity(_options.BounceDomain)
        );
        var lanes = Enumerable
            .Range(0, _provider.Connections)
            .Select(_ =>
                Task.Run(
                    () =>
                        new SendLane(queue.Reader, _provider, mails, exchange, feed, _clock, _logger).RunAsync(
                            ending.Token
                        ),
                    CancellationToken.None
                )
            );
        var all = lanes.Append(feed.RunAsync(Look, ending.Token)).Append(Watch(identity, ledger, rates, ending.Token));
        try
        {
            await Together.Run([.. all], ending);
        }
        finally
        {
            await WriteDownWhatEnded();
        }
    }

    /// <summary>What is not written down is in doubt after a restore, and no reason to wait for ever.</summary>
    private async Task WriteDownWhatEnded()
    {
        using var limit = new CancellationTokenSource(LongestEnd);
        try
        {
            await _journal.Flush(limit.Token);
        }
        catch (Exception failure) when (CanPass(failure) || limit.IsCancellationRequested)
        {
            LogFailure(Describe(failure));
        }
    }

    /// <summary>Makes sure to be known as alive, looks after the dead, and shows how far everything is.</summary>
    private async Task Watch(NodeIdentity identity, RunLedger runs, DomainRates rates, CancellationToken stopping)
    {
        var nodes = new DeadNodes(_writer, _clock, identity.Number);
        using var timer = new PeriodicTimer(Keep, _clock);
        do
        {
            await identity.Confirm(stopping);
            var inDoubt = await nodes.TakeOver(stopping);
            if (inDoubt > 0)
                LogInDoubt(inDoubt);

            rates.Nodes = await nodes.CountNodes(stopping);
            await runs.ShowProgress(stopping);
            await _journal.Flush(stopping);
        } while (await timer.WaitForNextTickAsync(stopping));
    }

    /// <inheritdoc/>
    public void Dispose() => _journal.Dispose();

    private static bool CanPass(Exception failure) =>
        failure is JournalException || DatabaseOutage.IsOrRefusal(failure);

    // A journal's message says what to do, and names nobody.
    private static string Describe(Exception failure) =>
        failure is JournalException ? failure.Message : DatabaseOutage.Describe(failure);

    [LoggerMessage(LogLevel.Warning, "Sending stopped ({Why}) and begins anew.")]
    private partial void LogFailure(string why);

    [LoggerMessage(LogLevel.Warning, "A node died; {Mails} mails it was handing over are in doubt.")]
    private partial void LogInDoubt(int mails);
}

/// <summary>Settings of sending, <c>SchemaHub:Sending</c>.</summary>
public sealed record SendingOptions
{
    /// <summary>Mails a second to a recipient's domain, all nodes together; <c>*</c> is every other domain.</summary>
    public IReadOnlyDictionary<string, double> DomainsPerSecond { get; init; } = new Dictionary<string, double>();

    /// <summary>Whose mail exchanger takes bounces; the sender's own domain where none is named.</summary>
    public string? BounceDomain { get; init; }

    /// <exception cref="InvalidOperationException">A value makes no sense.</exception>
    public void Check()
    {
        if (DomainsPerSecond.Any(rate => !(rate.Value > 0)))
            throw new InvalidOperationException("SchemaHub:Sending:DomainsPerSecond holds a rate that is not above 0.");
    }
}
