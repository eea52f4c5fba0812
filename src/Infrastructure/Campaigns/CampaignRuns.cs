using System.Collections.Concurrent;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application;
using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Campaigns;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>The campaigns that are being sent, from freezing their recipients to their last outcome.</summary>
internal sealed class CampaignRuns(RunLedger ledger, RunAs runAs, TimeProvider clock)
{
    private readonly ConcurrentDictionary<int, ActiveCampaign> _active = new();

    /// <summary>The campaign ready for sending, its recipients frozen; null where it cannot be sent.</summary>
    public async Task<ActiveCampaign?> Activate(RunState run, CancellationToken cancellation)
    {
        if (_active.TryGetValue(run.CampaignId, out var known))
            return known;

        await using var scope = runAs.System(run.Organization, SystemActors.Sender);
        var log = scope.Log;
        var stream = await scope
            .Services.GetRequiredService<IStreamDirectory>()
            .Find(run.Organization.ToString(), run.CampaignId, Campaign.StreamType, cancellation);
        var campaign = (await log.Load<Campaign, CampaignEvent>(stream!.Value, cancellation)).State;
        if (campaign is not { Status: CampaignStatus.Sending, Plan: { } plan, Content: { } content })
            return null;

        if (campaign.Recipients is null && !await Freeze(run, stream.Value, plan, log, cancellation))
            return null;

        var sender = await scope.Services.GetRequiredService<ISenders>().Find(run.Organization, cancellation);
        if (sender is null || !Sender.IsOf(content.FromAddress, sender.Dkim.Domain))
        {
            await Change(log, stream.Value, now => now.PauseIfSending(PauseReasons.SenderNotVerified), cancellation);
            return null;
        }

        ICompiledTemplate template;
        try
        {
            template = scope
                .Services.GetRequiredService<ITemplateCompiler>()
                .Compile(content.Subject, content.Html, content.Text, cancellation);
        }
        catch (TemplateBrokenException broken)
        {
            // What an older version let through: it is said once, and no node tries again and again.
            var reason =
                broken is TemplateTooCostlyException ? PauseReasons.TemplateTooCostly : PauseReasons.TemplateBroken;
            await Change(log, stream.Value, now => now.PauseIfSending(reason), cancellation);
            return null;
        }

        var active = new ActiveCampaign(
            run.CampaignId,
            run.Organization,
            run.Slug,
            plan.Purpose,
            content,
            template,
            sender.Dkim
        );
        return _active.GetOrAdd(run.CampaignId, active);
    }

    /// <summary>What is in hand of a campaign is given back; it is made ready anew when it goes on.</summary>
    public void Stop(ActiveCampaign campaign)
    {
        campaign.Stop();
        _active.TryRemove(KeyValuePair.Create(campaign.Id, campaign));
    }

    /// <summary>Ends a campaign whose every mail has an outcome; one that has not goes on.</summary>
    public async Task CompleteIfDone(ActiveCampaign campaign, CancellationToken cancellation)
    {
        if (await ledger.FindTotals(campaign.Id, cancellation) is not { } totals)
            return;

        Stop(campaign);
        await Change(
            campaign,
            now => now.Complete(new CampaignCompleted(totals.Sent, totals.Failed, totals.Withheld, totals.InDoubt)),
            cancellation
        );
    }

    /// <summary>The address must not be written to again: there is no such mailbox.</summary>
    public Task Suppress(QueuedMail mail, CancellationToken cancellation) =>
        InTenant(
            mail.Work.Campaign.Organization,
            (services, _) =>
                services
                    .GetRequiredService<IMediator>()
                    .Send(new SuppressContact(mail.ContactId, SuppressionReasons.HardBounce), cancellation)
        );

    /// <summary>The template costs more than one may with its recipients' data: nobody is mailed on.</summary>
    public async Task PauseAsTooCostly(ActiveCampaign campaign, CancellationToken cancellation)
    {
        try
        {
            await Change(campaign, now => now.PauseIfSending(PauseReasons.TemplateTooCostly), cancellation);
        }
        finally
        {
            // Where it could not be paused it is made ready anew, and counts again.
            Stop(campaign);
        }
    }

    /// <summary>The day's quota is used up: tried again soon, since it may be raised, and when the day ends.</summary>
    public Task Wait(ActiveCampaign campaign, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var soon = now.AddMinutes(1);
        var midnight = new DateTimeOffset(now.UtcDateTime.Date.AddDays(1), TimeSpan.Zero);
        return ledger.Wait(campaign.Id, soon < midnight ? soon : midnight, cancellation);
    }

    private async Task<bool> Freeze(
        RunState run,
        Guid stream,
        CampaignPlan plan,
        IEventLog log,
        CancellationToken cancellation
    )
    {
        // Frozen already, by another node or before a death: the log is told of it either way.
        var total =
            (run.IsFrozen ? null : await ledger.Freeze(run.CampaignId, run.Organization, plan, cancellation))
            ?? await ledger.CountRecipients(run.CampaignId, cancellation);
        await Change(
            log,
            stream,
            campaign => total == 0 ? campaign.Cancel("no_recipients") : campaign.FreezeRecipients(total),
            cancellation
        );
        return total > 0;
    }

    private async Task InTenant(Guid organization, Func<IServiceProvider, IEventLog, Task> work)
    {
        await using var scope = runAs.System(organization, SystemActors.Sender);
        await work(scope.Services, scope.Log);
    }

    private Task Change(
        ActiveCampaign campaign,
        Func<Campaign, IReadOnlyList<CampaignEvent>> decide,
        CancellationToken cancellation
    ) =>
        InTenant(
            campaign.Organization,
            async (services, log) =>
            {
                var stream = await services
                    .GetRequiredService<IStreamDirectory>()
                    .Find(campaign.Organization.ToString(), campaign.Id, Campaign.StreamType, cancellation);
                await Change(log, stream!.Value, decide, cancellation);
            }
        );

    private static Task Change(
        IEventLog log,
        Guid stream,
        Func<Campaign, IReadOnlyList<CampaignEvent>> decide,
        CancellationToken cancellation
    ) => log.Change(stream, decide, cancellation);
}
