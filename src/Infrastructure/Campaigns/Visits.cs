using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// Openings and clicks on their way to <c>backstage.email_events</c>. They wait in memory for a second at most and are
/// written many at a time, for people who agree to it at that moment; a crash loses what waits, and where more come
/// than can be written the newest are dropped: nobody waits for a page because it is counted.
/// </summary>
public sealed partial class Visits(Installation installation, TimeProvider clock, ILogger<Visits> logger) : IDisposable
{
    private const int MostWaiting = 10_000;
    private const int MostAtOnce = 2_000;
    private const int MostAgentCharacters = 300;

    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(1);

    private readonly Channel<Visit> _waiting = Channel.CreateBounded<Visit>(
        new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    private readonly SemaphoreSlim _writing = new(1);

    /// <summary>Keeps a visit, if its person agreed to that; never waits.</summary>
    public void Note(Visit visit) =>
        _waiting.Writer.TryWrite(
            visit.Agent.Length > MostAgentCharacters ? visit with { Agent = visit.Agent[..MostAgentCharacters] } : visit
        );

    /// <summary>Writes what waits, every second, and what is left when it is cancelled.</summary>
    public Task RunAsync(CancellationToken cancellation) => Flushing.Every(s_wait, clock, Flush, cancellation);

    /// <summary>Writes what waits now.</summary>
    public async Task Flush(CancellationToken cancellation)
    {
        // What one batch wrote the next one looks at.
        await _writing.WaitAsync(cancellation);
        try
        {
            while (Next() is { Count: > 0 } visits)
                await Write(visits, cancellation);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _writing.Dispose();

    private List<Visit> Next()
    {
        var visits = new List<Visit>();
        while (visits.Count < MostAtOnce && _waiting.Reader.TryRead(out var visit))
            visits.Add(visit);

        return visits;
    }

    private async Task Write(List<Visit> visits, CancellationToken cancellation)
    {
        try
        {
            var rules = MachineRules.Default;
            var rows = new VisitRows(installation.Writer);
            var mails = await rows.Read(visits, rules.Memory, cancellation);
            await rows.Write(VisitJudge.Judge(visits, mails, rules), cancellation);
        }
        catch (Exception failure) when (DatabaseOutage.IsOrRefusal(failure))
        {
            Lost(visits.Count, DatabaseOutage.Describe(failure));
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Visits} openings and clicks were not kept: {Why}")]
    private partial void Lost(int visits, string why);
}
