namespace SchemaHub.Faults.Specs;

/// <summary>A small round without a fault: what was acknowledged, and what is there.</summary>
internal static class SoundRound
{
    public const string Ann = "ann@example.org";
    public const string Ben = "ben@example.org";

    public static readonly Guid AnnsStream = new("00000000-0000-0000-0000-000000000001");
    public static readonly Guid BensStream = new("00000000-0000-0000-0000-000000000002");
    public static readonly Guid CampaignsStream = new("00000000-0000-0000-0000-000000000003");
    public static readonly Guid PartnersStream = new("00000000-0000-0000-0000-000000000004");

    public static void Finds(Observed observed, params string[] findings) =>
        Comparison.Run(Acknowledged(), observed).ShouldBe(findings, ignoreOrder: true);

    /// <summary>Ann and Ben got a campaign; Ben withdrew after it.</summary>
    public static Promises Acknowledged(ConsentEnd? end = null)
    {
        var promises = new Promises();
        var ann = new PromisedContact(Ann, cohort: null) { Number = 1, IsSubscribed = true };
        ann.Promise("contact_added", 1);
        var ben = new PromisedContact(Ben, cohort: null)
        {
            Number = 2,
            HasWithdrawn = true,
            EndAskedAt = TimeSpan.FromSeconds(9),
            End = end ?? new ConsentEnd(2, new HashSet<int>()),
        };
        ben.Promise("contact_added", 2);
        ben.Promise("consent_withdrawn", 7);
        var campaign = new PromisedCampaign("News")
        {
            Number = 3,
            Audience = [ann, ben],
            OverAt = TimeSpan.FromSeconds(8),
        };
        campaign.Promise("campaign_drafted", 3);
        campaign.Promise("campaign_started", 4);
        var partner = new PromisedRecord("Acme") { Id = PartnersStream };
        partner.Promise("record_saved", 8);
        promises.Contacts.Add(ann);
        promises.Contacts.Add(ben);
        promises.Campaigns.Add(campaign);
        promises.Records.Add(partner);
        return promises;
    }

    public static Observed Sound() =>
        new()
        {
            Log =
            [
                new LogEntry(1, AnnsStream, 1, 1, "contact_added"),
                new LogEntry(2, BensStream, 2, 1, "contact_added"),
                new LogEntry(3, CampaignsStream, 3, 1, "campaign_drafted"),
                new LogEntry(4, CampaignsStream, 3, 2, "campaign_started"),
                new LogEntry(5, CampaignsStream, 3, 3, "campaign_recipients_frozen"),
                new LogEntry(6, CampaignsStream, 3, 4, "campaign_completed"),
                new LogEntry(7, BensStream, 2, 2, "consent_withdrawn"),
                new LogEntry(8, PartnersStream, 8, 1, "record_saved"),
            ],
            Contacts = [new ListedContact(1, Ann, IsSubscribed: true), new ListedContact(2, Ben, IsSubscribed: false)],
            Campaigns = [new ListedCampaign(3, "sent", 2, 2)],
            Ledger =
            [
                new LedgerRow(1, 3, 1, "sent", IsInDoubt: false),
                new LedgerRow(2, 3, 2, "sent", IsInDoubt: false),
            ],
            Mails = [new TakenMail(1, Ann, "1@x", "News"), new TakenMail(2, Ben, "2@x", "News")],
            Records = [(PartnersStream, "Acme")],
            Journal = [(BensStream, "consent_withdrawn")],
            JournalNumbers = (4, 4),
        };
}
