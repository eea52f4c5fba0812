using System.Text.Json;
using SchemaHub.Domain.Campaigns;
using SchemaHub.Domain.Compliance;
using SchemaHub.Domain.Contacts;
using SchemaHub.Domain.Identity;
using SchemaHub.Domain.Records;

namespace SchemaHub.Infrastructure.Specs.EventLog;

/// <summary>
/// What the files in tests/Architecture.Specs/EventSamples say. They lie there as a log holds them for ever; when an
/// event changes, these values may get more, and never other ones.
/// </summary>
internal static class SampleEvents
{
    private const string Wording = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    private static readonly Guid Import = Guid.Parse("0192f0c1-0000-7000-8000-00000000000a");

    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, 123, 456, TimeSpan.Zero);

    private static readonly Consent Newsletter = new("newsletter", "consent", "single_opt_in", Wording, "pt-BR");

    private static readonly Evidence Seen = new(
        "2001:db8::7",
        "Mozilla/5.0 (X11; Linux x86_64)",
        new Dictionary<string, string> { ["opted_in_at"] = "2024-05-01T00:00:00.0000000Z", ["größe"] = "\"42\" <b>" }
    );

    private static readonly GivenRole Editor = new(Import, 12, "groesse/editor");

    private static readonly GivenPermission Reading = new(Import, 3, "contacts:read");

    private static readonly ImportCounts Counts = new(1, 2, 3, 4, 5, 6);

    public static IReadOnlyList<object> All { get; } =
    [
        new UserRegistered("owner@example.org", "Олена"),
        new UserChanged("Олена П.", "Олена", "П.", "https://example.org/o.png"),
        new UserDeactivated(),
        new UserReactivated(),
        new UserRoleAssigned(Editor),
        new UserRoleUnassigned(Editor),
        new UserRemoved(),
        new PasswordSet("$2b$12$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        new EmailVerificationRequested(Wording, Noon),
        new EmailVerified(Wording),
        new PasswordResetRequested(Wording, Noon),
        new PasswordResetUsed(Wording),
        new GoogleLinked("108000000000000000001"),
        new SessionStarted(Import, 7, "program", Wording, Import, Noon),
        new SessionMoved(Import, Import),
        new SessionProlonged(Import, Wording, Wording, Wording, Noon, Noon),
        new SessionEnded(Import, "program", Wording, "revoked"),
        new OrganizationCreated("Größe & Söhne", "groesse", Import, 7),
        new OrganizationRenamed("Größe", "Größe & Söhne"),
        new MemberJoined(Import, 7, Editor, Rejoined: true),
        new MemberRoleChanged(Import, 7, Editor, Editor with { Slug = "viewer" }),
        new MemberLeft(Import, 7, Editor),
        new MemberSuspended(Import, 7),
        new MemberReinstated(Import, 7),
        new OwnershipTaken(Import),
        new OwnershipGivenUp(Import),
        new OwnershipTransferred(Import, 7, Import, 8),
        new PlanSet("business", 50, "free", 1),
        new OrganizationClosed(),
        new InvitationSent("ann@example.org", "Приходь!", Editor, new Person(Import, 7), Team: 5, Wording, Noon),
        new InvitationResent(Wording, Noon, Editor, "Приходь!", Mails: 2),
        new InvitationRevoked(),
        new InvitationExpired(),
        new InvitationAccepted(Import, 7),
        new InvitationForgotten(),
        new PermissionDefined("contacts", "read", "See contacts."),
        new RoleCreated("Editor", "groesse/editor", "Writes.", IsSystem: false),
        new RoleDescribed("Editors", "Write.", "Editor", "Writes."),
        new PermissionGranted(Reading),
        new PermissionRevoked(Reading),
        new RoleRemoved("Editors", "groesse/editor"),
        new ApiKeyCreated(
            "Shop",
            "sk_live_0123",
            Wording,
            Import,
            7,
            "The shop's.",
            Noon,
            "30d",
            Noon,
            ["contacts:read"],
            Import,
            Import
        ),
        new ApiKeyDescribed("Shops", "All of them.", "Shop", "The shop's."),
        new ApiKeyRotated("sk_live_4567", Wording, Noon, 1, Wording, Noon, Import, Import, Noon, Noon),
        new ApiKeyRotationDue(Noon),
        new ApiKeyRevoked("lost"),
        new SecurityIncidentNoted(
            "access_refused",
            "medium",
            3,
            Guid.Parse("0197a3c5-0000-7000-8000-000000000001"),
            new Dictionary<string, string>(StringComparer.Ordinal) { ["permission"] = "contacts:erase" }
        ),
        new WordingPublished(Wording, "en", "Yes, write to me.\nUntil I say no."),
        new TemplateSaved(
            "Welcome",
            "Olá, {{name}}",
            "<p>{{name}}</p>\n<p>{{postal_address}} <a href=\"{{unsubscribe_url}}\">Unsubscribe</a></p>",
            "<mjml></mjml>",
            "{{name}}\n\n{{postal_address}} Unsubscribe ({{unsubscribe_url}})\n",
            IsDraft: true
        ),
        new TemplateDeleted("Welcome"),
        new SignUpFormPublished("Letters", "newsletter", Wording, "en", Wording, "letters@example.org"),
        new SenderDescribed(
            "Größe & Söhne",
            "news@list.example.org",
            "office@example.org",
            "Größe & Söhne, Gasse 1, 3000 Bern"
        ),
        new SenderDomainAdded("example.org", "sh-0123abcd", "MIIBIjAN", "c2VhbGVk"),
        new SenderDomainVerified("example.org", "dns"),
        new SenderDomainRemoved("example.org"),
        new ContactAdded(
            "import",
            Import,
            Newsletter,
            "ann@example.org",
            "Ann O'Hara 😀",
            Json("""{"city":"Bern","tags":["a",1.50,null,true]}"""),
            "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            Seen
        ),
        new ContactChanged("api", "Ann", Json("{}")),
        new ConsentRequested([Newsletter, Newsletter with { Purpose = "tracking" }], "form", Wording, Noon, Seen),
        new ConsentGiven(
            Newsletter with
            {
                Method = "double_opt_in",
            },
            "form",
            Import,
            Renewed: true,
            Raised: true,
            Seen,
            Seen with
            {
                Ip = "192.0.2.1",
            },
            Wording
        ),
        new ConsentClaimed(Newsletter with { Method = "imported" }, "import", Import, Seen),
        new ConsentWithdrawn("newsletter", "email_link", "one_click", Import, Seen),
        new ConsentRetracted("newsletter", Import),
        new ContactSuppressed("complaint", "api", Import, Seen),
        new ContactErased("admin", "requested"),
        new EvidencePurged(Noon),
        new ContactRestricted("accuracy_contested", "admin"),
        new RestrictionLifted("admin", ["newsletter", "tracking"]),
        new ImportStarted(
            Wording,
            "mailchimp",
            "newsletter",
            "contract",
            Wording,
            "de",
            "windows-1252",
            Update: true,
            ["Größe"],
            Dates: "DayFirst"
        ),
        new ImportProgressed(Counts, 2_000),
        new ImportFinished(Counts),
        new ImportUndoStarted(),
        new ImportUndone(10, 20),
        new RecordSaved("podcast.partners", Json("""{"name":"Größe"}"""), Json("""{"name":"Weite"}"""), Json("[1]")),
        new RecordDeleted("snorq.labels", Json("""{"name":"Größe"}""")),
        new RecordErased("podcast.partners", Json("""{"name":"Größe"}""")),
        new UserSendingLimited(100_000, 1_000),
        new PrivacyRequestOpened(
            PrivacyRight.Access,
            new PrivacySubject(SubjectKind.Contact, Import, 7),
            Noon,
            new DateOnly(2026, 4, 1),
            "Größe says that she wrote by post."
        ),
        new PrivacyRequestBegun(),
        new PrivacyRequestExtended(new DateOnly(2026, 6, 1), "Three archives of paper."),
        new PrivacyRequestCompleted(PrivacyOutcome.ArchiveMade, Wording, 12_345, 42),
        new PrivacyRequestRejected(RejectionGround.IdentityUnproven, "Nobody answered from that mailbox."),
        new PrivacyRequestCancelled(),
        new PrivacyRequestForgotten(),
        new CampaignDrafted(
            new CampaignPlan("Größe 1", Import, 7, "Hi {{name}}", "newsletter", Json("""{"city":"Bern"}"""))
        ),
        new CampaignScheduled(Noon),
        new CampaignUnscheduled("campaign.no_sender"),
        new CampaignStarted(
            new CampaignContent(
                "Hi {{name}}",
                "<p>Hi</p>",
                "Hi",
                "Größe",
                "hi@example.org",
                "answers@example.org",
                "1 Main Street, Bern"
            )
        ),
        new CampaignRecipientsFrozen(20_000),
        new CampaignPaused("complaints"),
        new CampaignResumed(),
        new CampaignCancelled("by_hand"),
        new CampaignCompleted(1, 2, 3, 4),
        new CampaignDiscarded("Größe 1"),
    ];

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
