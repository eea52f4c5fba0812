using System.Globalization;
using System.Text;

namespace SchemaHub.Faults;

/// <summary>Imports a list, and sends a campaign to the people of that list.</summary>
internal sealed class CampaignLoad(LoadContext context, IdleContacts idle, long template, string wording, int seed)
    : Load(context, seed)
{
    private const int People = 60;

    private readonly List<PromisedCampaign> _underWay = [];
    private int _count;

    protected override TimeSpan Pause => TimeSpan.FromSeconds(2);

    protected override async Task Step()
    {
        if (_underWay.Count < 3)
        {
            var cohort = string.Create(CultureInfo.InvariantCulture, $"cohort-{++_count}");
            if (await Import(cohort) is { } people)
                await Begin(cohort, people);
        }

        await Look();
    }

    /// <summary>Notes which campaigns are over.</summary>
    public async Task Look()
    {
        foreach (var campaign in _underWay.ToList())
        {
            var answer = await Context.Client.Settle(
                new Ask(
                    HttpMethod.Get,
                    string.Create(CultureInfo.InvariantCulture, $"/api/v1/campaigns/{campaign.Number}")
                )
            );
            if (answer.IsDone && answer.Json.GetProperty("status").GetString() == "sent")
            {
                campaign.OverAt = Context.Timeline.Now;
                _underWay.Remove(campaign);
            }
        }
    }

    /// <summary>Whether every campaign that was begun is over.</summary>
    public bool IsDone => _underWay.Count == 0;

    /// <summary>An import has no key: the same file is the same import.</summary>
    private async Task<IReadOnlyList<PromisedContact>?> Import(string cohort)
    {
        var csv = new StringBuilder("email,name,cohort\n");
        var people = new List<PromisedContact>();
        for (var i = 1; i <= People; i++)
        {
            var person = new PromisedContact(
                string.Create(CultureInfo.InvariantCulture, $"{cohort}-{i}@example.net"),
                cohort
            );
            people.Add(person);
            Context.Promises.Contacts.Add(person);
            csv.Append(CultureInfo.InvariantCulture, $"{person.Email},Ben {i},{cohort}\n");
        }

        var path = $"/api/v1/imports?format=own&basis=consent&language=en&wording={wording}";
        var answer = await Done(new Ask(HttpMethod.Post, path, csv.ToString()) { ContentType = "text/csv" });
        if (answer is null)
            return null;

        foreach (var person in people)
        {
            var found = await Done(
                new Ask(HttpMethod.Post, "/api/v1/contacts/lookups", $$"""{"email":"{{person.Email}}"}""")
            );
            if (found is null)
                continue;

            person.Number = found.Long("id");
            (person.Version, person.IsSubscribed) = (1, true);
            person.Promise("contact_added", person.Number);
        }

        return people;
    }

    private async Task Begin(string cohort, IReadOnlyList<PromisedContact> people)
    {
        var campaign = new PromisedCampaign($"News for {cohort}");
        Context.Promises.Campaigns.Add(campaign);
        var body = string.Create(
            CultureInfo.InvariantCulture,
            $$$"""
            {"name":"{{{cohort}}}","templateId":{{{template}}},"subject":"{{{campaign.Subject}}}",
            "filter":{"cohort":"{{{cohort}}}"}}
            """
        );
        if (await Done(Ask.Change(HttpMethod.Post, "/api/v1/campaigns", body)) is not { } drafted)
            return;

        campaign.Number = drafted.Long("id");
        campaign.Promise("campaign_drafted", drafted.Position);
        campaign.Audience = [.. people.Where(person => person.IsSubscribed)];
        if (Random.Next(3) == 0)
            await Schedule(campaign);
        else
            await Start(campaign);

        _underWay.Add(campaign);
        foreach (var person in people.Where(person => person.Number is not null))
            idle.Add(person);
    }

    private async Task Start(PromisedCampaign campaign)
    {
        var answer = await Done(Ask.Change(HttpMethod.Post, Path(campaign, "/start")));
        if (answer is not null)
            campaign.Promise("campaign_started", answer.Position);
    }

    private async Task Schedule(PromisedCampaign campaign)
    {
        // Far enough that the request is settled before, whatever fault it meets: a time in the past is refused.
        var at = TimeProvider.System.GetUtcNow().AddSeconds(15);
        var answer = await Context.Client.Settle(
            Ask.Change(HttpMethod.Put, Path(campaign, "/schedule"), $$"""{"at":"{{at:O}}"}""")
        );
        if (answer.IsDone)
        {
            campaign.Promise("campaign_scheduled", answer.Position);
            campaign.Promise("campaign_started", position: null);
        }
        else if (answer.Code is "campaign.schedule_in_the_past" or "request.invalid")
        {
            await Start(campaign);
        }
        else
        {
            Context.Promises.Surprises.Enqueue($"{campaign} was not scheduled: {answer.Status} {answer.Code}.");
        }
    }

    private static string Path(PromisedCampaign campaign, string rest) =>
        string.Create(CultureInfo.InvariantCulture, $"/api/v1/campaigns/{campaign.Number}{rest}");
}
