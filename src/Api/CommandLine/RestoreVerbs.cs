using System.CommandLine;
using System.Globalization;
using System.Text;
using SchemaHub.Application;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Api.CommandLine;

/// <summary><c>restore</c>: after a backup was restored.</summary>
internal static class RestoreVerbs
{
    public static Command Restore() =>
        new("restore", "After a restore.")
        {
            Reapply(),
            Status(),
            new Command("release", "Let go on what waits since the restore.") { ReleaseWork(), ReleaseCampaign() },
        };

    private static Command Reapply() =>
        new Command(
            "reapply",
            "After restoring a backup: replay the withdrawals, suppressions and erasures since from the journal."
        ).On(
            (workspace, parsed, _) =>
            {
                var done = workspace.Installation.Replayed ?? new JournalReplayResult(0, 0);
                Verb.Print(
                    parsed,
                    done,
                    replayed =>
                        $"{replayed.Entries:N0} entries of the journal replayed on {replayed.Contacts:N0} contacts. "
                        + "What waits for your decision: schemahub restore status"
                );
                return Task.CompletedTask;
            },
            restoring: true
        );

    private static Command Status() =>
        new Command("status", "Show what waits since the restore, and what was sent of each campaign.").On(
            async (workspace, parsed, cancellation) =>
                Verb.Print(parsed, await workspace.Send(Tenant.System, new ListHeld(), cancellation), Text)
        );

    private static Command ReleaseWork()
    {
        var work = new Argument<string>("work") { Description = "jobs or witnesses." };
        work.AcceptOnlyFromAmong([.. HeldWork.All]);
        return new Command("work", "Let recurring and queued jobs, or deliveries to witnesses, go on.") { work }.On(
            async (workspace, parsed, cancellation) =>
            {
                var released = parsed.GetValue(work)!;
                await workspace.Send(Tenant.System, new ReleaseWork(released), cancellation);
                Verb.Print(parsed, new { released }, done => $"Released: {done.released}.");
            }
        );
    }

    private static Command ReleaseCampaign()
    {
        var id = new Argument<int>("id") { Description = "The campaign, as restore status shows it." };
        var rest = new Option<string>("--rest")
        {
            Description = "Recipients not known as sent to: send to them, take them as sent to, or cancel.",
            Required = true,
        };
        rest.AcceptOnlyFromAmong([.. RestOfCampaign.All]);
        var again = new Option<bool>("--resend-in-doubt")
        {
            Description = "With --rest send: send again what may have been sent; otherwise it counts as failed.",
        };
        return new Command("campaign", "Decide what becomes of a campaign.") { id, rest, again }.On(
            async (workspace, parsed, cancellation) =>
            {
                var release = new ReleaseCampaign(parsed.GetValue(id), parsed.GetValue(rest)!, parsed.GetValue(again));
                var held = await workspace.Send(Tenant.System, new ListHeld(), cancellation);
                var campaign =
                    held.Campaigns.FirstOrDefault(one => one.Id == release.CampaignId)
                    ?? throw new NotFoundException("held_campaign");
                // Cancelled first: interrupted here, it is over and waits no more.
                if (release.Rest == RestOfCampaign.Cancel)
                    await workspace.Send(
                        campaign.OrganizationId.ToString(),
                        new CancelCampaign(campaign.Id, "restored"),
                        cancellation
                    );

                await workspace.Send(Tenant.System, release, cancellation);
                Verb.Print(
                    parsed,
                    new { released = campaign.Id, release.Rest },
                    done => string.Create(CultureInfo.InvariantCulture, $"Released: {done.released}, {done.Rest}.")
                );
            }
        );
    }

    private static string Text(HeldAfterRestore held)
    {
        if (held.Work.Count == 0 && held.Campaigns.Count == 0)
            return "Nothing waits.";

        var text = new StringBuilder();
        foreach (var work in held.Work)
        {
            var queued = work.Waiting is { } jobs ? $", {jobs} queued" : "";
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"{work.Work} wait since {work.HeldAt.UtcDateTime:u}{queued}"
            );
        }

        foreach (var campaign in held.Campaigns)
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"campaign {campaign.Id} of {campaign.Organization}, \"{campaign.Name}\" ({campaign.Status}): "
                    + $"{campaign.SentBefore} sent before the backup, {campaign.SentSince} since, {campaign.Unknown} "
                    + $"perhaps, {campaign.Remaining} remain"
            );

        return text.ToString().TrimEnd();
    }
}
