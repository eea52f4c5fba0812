using System.Threading.Channels;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// Brings mails to the connections: of every campaign that is being sent a chunk in turn, so that a large one does not
/// keep a small one waiting, and none faster than the recipients' domains take them.
/// </summary>
internal sealed class CampaignFeed(
    ChannelWriter<QueuedMail> queue,
    CampaignRuns runs,
    RunLedger ledger,
    ChunkLedger chunks,
    HandOverJournal journal,
    DomainRates rates,
    TimeProvider clock
) : ISendEvents
{
    // What must wait longer for its domain goes back to the ledger, and others pass.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Channel<SendChunk> _finished = Channel.CreateUnbounded<SendChunk>(
        new UnboundedChannelOptions { SingleReader = true }
    );
    private readonly Channel<ActiveCampaign> _spent = Channel.CreateUnbounded<ActiveCampaign>(
        new UnboundedChannelOptions { SingleReader = true }
    );

    private readonly Channel<ActiveCampaign> _tooCostly = Channel.CreateUnbounded<ActiveCampaign>(
        new UnboundedChannelOptions { SingleReader = true }
    );

    /// <summary>Feeds until it is to stop.</summary>
    /// <param name="look">How long to wait before looking again where there is nothing to do.</param>
    public async Task RunAsync(TimeSpan look, CancellationToken stopping)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        List<Task> loops =
        [
            FeedAll(look, ending.Token),
            Finish(ending.Token),
            WaitForQuota(ending.Token),
            PauseTooCostly(ending.Token),
        ];
        try
        {
            await Together.Run(loops, ending);
        }
        finally
        {
            queue.TryComplete();
        }
    }

    private async Task FeedAll(TimeSpan look, CancellationToken stopping)
    {
        while (true)
        {
            var any = false;
            foreach (var run in await ledger.FindRuns(stopping))
                any |= await Feed(run, stopping);

            if (!any)
                await Task.Delay(look, clock, stopping);
        }
    }

    /// <returns>Whether there was something to do.</returns>
    private async Task<bool> Feed(RunState run, CancellationToken stopping)
    {
        if (run.Status != "sending")
        {
            await ledger.ClearUp(run, stopping);
            return false;
        }

        if (run.Waits || await runs.Activate(run, stopping) is not { } campaign)
            return false;

        var mails = await chunks.Take(campaign, stopping);
        if (mails.Count == 0)
        {
            await runs.CompleteIfDone(campaign, stopping);
            return false;
        }

        mails[0].Work.Begun = await journal.Begin(
            campaign.Id,
            campaign.Organization,
            mails.Select(mail => mail.ContactId),
            stopping
        );
        var waiting = new List<(QueuedMail Mail, DateTimeOffset At)>();
        var later = new List<(QueuedMail Mail, DateTimeOffset Due)>();
        foreach (var mail in mails)
        {
            var now = clock.GetUtcNow();
            if (rates.Reserve(mail.Email, Patience) is not { } at)
                later.Add((mail, now + Patience));
            else if (at > now)
                waiting.Add((mail, at));
            else
                await queue.WriteAsync(mail, stopping);
        }

        if (later.Count > 0)
            await PutBack(later, stopping);

        foreach (var (mail, at) in waiting)
        {
            var left = at - clock.GetUtcNow();
            if (left > TimeSpan.Zero)
                await Task.Delay(left, clock, stopping);

            await queue.WriteAsync(mail, stopping);
        }

        return true;
    }

    private async Task PutBack(List<(QueuedMail Mail, DateTimeOffset Due)> later, CancellationToken stopping)
    {
        await chunks.Defer(later, stopping);
        foreach (var (mail, _) in later)
            Leave(mail);
    }

    public void Told(Outcome outcome)
    {
        if (outcome.Mail.Work.End(outcome))
            _finished.Writer.TryWrite(outcome.Mail.Work);
    }

    public void Refused(QueuedMail mail, Permission permission)
    {
        switch (permission)
        {
            case Permission.QuotaReached:
                _spent.Writer.TryWrite(mail.Work.Campaign);
                goto case Permission.NotSending;
            case Permission.NotSending:
                runs.Stop(mail.Work.Campaign);
                Dropped(mail);
                break;
            default:
                Leave(mail);
                break;
        }
    }

    public void TooCostly(ActiveCampaign campaign)
    {
        // At once, and without being made ready anew before it is paused.
        campaign.Stop();
        _tooCostly.Writer.TryWrite(campaign);
    }

    public void Dropped(QueuedMail mail)
    {
        if (mail.Work.Drop(mail))
            _finished.Writer.TryWrite(mail.Work);
    }

    public Task NoSuchMailbox(QueuedMail mail) => runs.Suppress(mail, CancellationToken.None);

    private void Leave(QueuedMail mail)
    {
        if (mail.Work.Leave(mail))
            _finished.Writer.TryWrite(mail.Work);
    }

    private async Task Finish(CancellationToken stopping)
    {
        await foreach (var chunk in _finished.Reader.ReadAllAsync(stopping))
        {
            journal.End(chunk.Begun, chunk.Campaign.Organization, chunk.NotSent, chunk.InDoubt);
            await chunks.Finish(chunk, stopping);
        }
    }

    private async Task WaitForQuota(CancellationToken stopping)
    {
        await foreach (var campaign in _spent.Reader.ReadAllAsync(stopping))
            await runs.Wait(campaign, stopping);
    }

    private async Task PauseTooCostly(CancellationToken stopping)
    {
        await foreach (var campaign in _tooCostly.Reader.ReadAllAsync(stopping))
        {
            try
            {
                await runs.PauseAsTooCostly(campaign, stopping);
            }
            catch (Exception failure) when (DatabaseOutage.Is(failure))
            {
                // The next mails that cost too much ask for it again.
            }
        }
    }
}
