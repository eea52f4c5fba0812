using System.Globalization;
using System.Text.RegularExpressions;
using SchemaHub.Application;
using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure.Mail;

namespace SchemaHub.Api.CommandLine;

/// <summary>
/// The demo's campaign: to a mail server on this machine, by a service of its own that is killed in the middle, again
/// and again, and begun anew.
/// </summary>
internal sealed partial class DemoCampaign(
    Workspace workspace,
    string tenant,
    Action<string> tell,
    CancellationToken cancellation
)
{
    private const int Kills = 3;
    private const int Connections = 4;
    private const string Domain = "night-train.example";

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    /// <summary>Sends it to everybody who agreed, and compares what arrived with the ledger.</summary>
    public async Task<DemoCampaignResult> Run()
    {
        // The server takes a moment for each mail, as servers do; without it nothing could be killed in the middle.
        await using var sink = new MailSink { Contents = [], Slowness = TimeSpan.FromMilliseconds(2) };
        var campaign = await Prepare();
        var total = 0;
        using (var first = Serve(sink.Port))
        {
            await Send(new StartCampaign(campaign));
            while ((total = (await Progress(campaign)).Recipients) == 0)
            {
                first.RequireRunning();
                await Task.Delay(Look, cancellation);
            }

            await KillAfter(first, sink, total / (Kills + 2));
        }

        for (var killed = 1; killed < Kills; killed++)
        {
            using var next = Serve(sink.Port);
            await KillAfter(next, sink, (killed + 1) * total / (Kills + 2));
        }

        using var last = Serve(sink.Port);
        var done = await Progress(campaign);
        for (; done.Status != "sent"; done = await Progress(campaign))
        {
            last.RequireRunning();
            await Task.Delay(Look, cancellation);
        }

        var result = await Compare(campaign, sink, done);
        tell(
            $"   {result.MailsSent:N0} mails went out, to everybody who agreed and nobody else. "
                + $"The sending service was killed {Kills} times on the way: {result.MailsSkipped} skipped, "
                + $"{result.MailsDuplicated} twice unnoticed, {result.MailsInDoubt} in doubt and marked so."
        );
        await Unsubscribe(sink, await last.Address.WaitAsync(cancellation));
        return result;
    }

    private async Task<int> Prepare()
    {
        await Send(new AddSenderDomain(Domain));
        await Send(new TrustSenderDomain(Domain));
        await Send(
            new DescribeSender(
                "Night Train Radio",
                $"news@{Domain}",
                ReplyTo: null,
                "Platform 9, 3000 Bern, Switzerland"
            )
        );
        var html = Path.Combine(AppContext.BaseDirectory, "samples", "newsletter.html");
        var template = await Send(
            new SaveTemplate("Newsletter", "What is on, {{name}}", await File.ReadAllTextAsync(html, cancellation))
        );
        var owner = (await workspace.Send(tenant, new ListMembers(), cancellation)).Items[0];
        await workspace.Send(Tenant.System, new LimitSending(owner.Id, 1_000_000), cancellation);
        var draft = await Send(new DraftCampaign(CampaignId: null, "This week", template.Number));
        return checked((int)draft.Number);
    }

    private Task<Position> Send(ICommand command) => workspace.Send(tenant, command, cancellation);

    private Task<CampaignProgress> Progress(int campaign) =>
        workspace.Send(tenant, new GetProgress(campaign), cancellation);

    private async Task KillAfter(ServiceProcess service, MailSink sink, int mails)
    {
        while (sink.Count < mails)
        {
            service.RequireRunning();
            await Task.Delay(Look, cancellation);
        }

        await service.Kill(cancellation);
    }

    private async Task<DemoCampaignResult> Compare(int campaign, MailSink sink, CampaignProgress done)
    {
        var arrived = sink.Taken.GroupBy(mail => mail.To, StringComparer.OrdinalIgnoreCase).ToList();
        var inDoubt = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var after = 0L;
        do
        {
            var page = await workspace.Send(
                tenant,
                new ListDeliveries(campaign, 200, after, InDoubt: true),
                cancellation
            );
            inDoubt.UnionWith(page.Items.Select(mail => mail.Email));
            after = page.Next ?? 0;
        } while (after > 0);

        return new DemoCampaignResult(
            done.Sent,
            arrived.Count(mails => mails.Count() > 1 && !inDoubt.Contains(mails.Key)),
            inDoubt.Count,
            done.Recipients - arrived.Count,
            Kills
        );
    }

    /// <summary>As a mail program does it, by the headers of the mail (RFC 8058).</summary>
    private async Task Unsubscribe(MailSink sink, Uri service)
    {
        var mail = sink.Contents!.First();
        var unfolded = Folding().Replace(mail, " ");
        var link = new Uri(ListUnsubscribe().Match(unfolded).Groups["link"].Value);
        using var client = new HttpClient();
        using var body = new FormUrlEncodedContent([new("List-Unsubscribe", "One-Click")]);
        var here = new UriBuilder(link) { Host = service.Host, Port = service.Port }.Uri;
        using var answer = await client.PostAsync(here, body, cancellation);
        answer.EnsureSuccessStatusCode();
        var to = sink.Taken.First(taken => mail.Contains(taken.MessageId, StringComparison.Ordinal)).To;
        var contact = await workspace.Send(tenant, new LookUpContact(to), cancellation);
        if (contact.Contact.Subscribed)
            throw new InvalidOperationException("The link under a mail did not unsubscribe.");

        tell("   One reader uses the link under it: unsubscribed at once, and the next campaign passes them by.");
    }

    /// <summary>The service as a process of its own, on the demo's database.</summary>
    private ServiceProcess Serve(int mailPort) =>
        ServiceProcess.Start(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["SCHEMAHUB_DATABASE"] = workspace.Administrator.ConnectionString,
                ["SCHEMAHUB_KEYS"] = workspace.Installation.Keys.Directory,
                ["SchemaHub__Mail__Host"] = "127.0.0.1",
                ["SchemaHub__Mail__Port"] = Text(mailPort),
                ["SchemaHub__Mail__StartTls"] = "false",
                ["SchemaHub__Mail__From"] = $"service@{Domain}",
                ["SchemaHub__Mail__Connections"] = Text(Connections),
            }
        );

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex("\r\nList-Unsubscribe: *<(?<link>[^>]+)>", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex ListUnsubscribe();

    // RFC 5322 section 2.2.3.
    [GeneratedRegex("\r\n[ \t]+", RegexOptions.None, 1_000)]
    private static partial Regex Folding();
}

/// <summary>What became of the demo's campaign.</summary>
/// <param name="MailsSent">Mails the server took, one per recipient.</param>
/// <param name="MailsDuplicated">Recipients with two of them, beside those in doubt.</param>
/// <param name="MailsInDoubt">Mails that were being handed over when the service was killed.</param>
/// <param name="MailsSkipped">Recipients without one.</param>
/// <param name="KilledAndResumed">How often the sending service was killed.</param>
internal sealed record DemoCampaignResult(
    int MailsSent,
    int MailsDuplicated,
    int MailsInDoubt,
    int MailsSkipped,
    int KilledAndResumed
);
