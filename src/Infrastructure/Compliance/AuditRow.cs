using System.Globalization;
using System.Text.Json.Nodes;
using SchemaHub.Application;
using SchemaHub.Domain.Campaigns;
using SchemaHub.Domain.Compliance;
using SchemaHub.Domain.Contacts;
using SchemaHub.Domain.Identity;
using SchemaHub.Domain.Records;

namespace SchemaHub.Infrastructure.Compliance;

/// <summary>What an audited fact looks like in an audit table: what was changed, from what to what.</summary>
/// <param name="EntityType">Such as <c>organization</c>, or a record's table.</param>
/// <param name="Action">As smarthub documents them: <c>CREATE</c>, <c>UPDATE</c>, <c>DELETE</c>.</param>
/// <param name="Changes"><c>before</c> and <c>after</c>, without secrets and without what is personal.</param>
internal sealed partial record AuditRow(string EntityType, string Action, JsonObject Changes)
{
    private const string Create = "CREATE";
    private const string Update = "UPDATE";
    private const string Delete = "DELETE";

    // Who a person is belongs to that person: the audit tells that it changed, not what it was.
    private const string Personal = "(personal)";

    // Not even that two are the same is told.
    private const string Secret = "(secret)";

    /// <summary>The row's id, the same whenever it is projected.</summary>
    public static Guid IdOf(RecordedEvent recorded) =>
        ContentIds.Of(
            "audit",
            recorded.Tenant,
            recorded.Stream.ToString(),
            recorded.Version.ToString("D", CultureInfo.InvariantCulture)
        );

    /// <summary>The row of an event, or null where it makes none.</summary>
    public static AuditRow? Of(RecordedEvent recorded) =>
        recorded.Data switch
        {
            UserEvent happened => OfUser(happened),
            SessionEvent happened => OfSession(happened),
            OrganizationEvent happened => OfOrganization(happened),
            InvitationEvent happened => OfInvitation(happened),
            RoleEvent happened => OfRole(happened),
            PermissionDefined defined => new AuditRow(
                "permission",
                Create,
                After(("name", $"{defined.Resource}:{defined.Action}"))
            ),
            ApiKeyEvent happened => OfKey(happened),
            SecurityIncidentNoted noted => OfIncident(noted),
            ImportEvent happened => OfImport(happened),
            RecordEvent happened => OfRecord(happened),
            CampaignEvent happened => OfCampaign(happened),
            SenderEvent happened => OfSender(happened),
            PrivacyRequestEvent happened => OfPrivacy(happened),
            TemplateEvent happened => OfTemplate(happened, recorded.Version),
            _ => null,
        };

    private static AuditRow? OfUser(UserEvent happened) =>
        happened switch
        {
            UserRegistered => new AuditRow("user", Create, After(("email", Personal))),
            UserChanged => new AuditRow("user", Update, Changed("profile", Personal, Personal)),
            UserDeactivated => new AuditRow("user", Update, Changed("active", true, false)),
            UserReactivated => new AuditRow("user", Update, Changed("active", false, true)),
            UserSendingLimited limited => new AuditRow(
                "user",
                Update,
                Changed("mails_per_day", limited.MailsPerDayBefore, limited.MailsPerDay)
            ),
            PasswordSet => new AuditRow("user", Update, Changed("password", Secret, Secret)),
            EmailVerificationRequested or PasswordResetRequested => null,
            EmailVerified => new AuditRow("user", Update, Changed("email_verified", false, true)),
            PasswordResetUsed => new AuditRow("user", Update, After(("password_reset", "used"))),
            GoogleLinked => new AuditRow("user", Update, After(("google_id", Personal))),
            UserRoleAssigned assigned => new AuditRow("user", Update, After(("role", assigned.Role.Slug))),
            OwnershipTaken taken => new AuditRow("user", Update, After(("owns", taken.OrganizationId))),
            OwnershipGivenUp given => new AuditRow("user", Update, Before(("owns", given.OrganizationId))),
            UserRoleUnassigned unassigned => new AuditRow("user", Update, Before(("role", unassigned.Role.Slug))),
            _ => new AuditRow("user", Delete, Before(("email", Personal))),
        };

    // That a program goes on, every few minutes, is no change that anybody looks for.
    private static AuditRow? OfSession(SessionEvent happened) =>
        happened switch
        {
            SessionStarted started => new AuditRow(
                "session",
                Create,
                After(("user_id", started.UserId), ("kind", started.Kind))
            ),
            SessionMoved moved => new AuditRow(
                "session",
                Update,
                Changed("organization_id", moved.OrganizationIdBefore, moved.OrganizationId)
            ),
            SessionEnded ended => new AuditRow(
                "session",
                Delete,
                After(("user_id", ended.UserId), ("reason", ended.Reason))
            ),
            _ => null,
        };

    private static AuditRow OfOrganization(OrganizationEvent happened) =>
        happened switch
        {
            OrganizationCreated created => new AuditRow(
                "organization",
                Create,
                After(("name", created.Name), ("slug", created.Slug), ("owner_id", created.OwnerId))
            ),
            OrganizationRenamed renamed => new AuditRow(
                "organization",
                Update,
                Changed("name", renamed.NameBefore, renamed.Name)
            ),
            MemberJoined joined => new AuditRow(
                "member",
                Create,
                After(("user_id", joined.UserId), ("role", joined.Role.Slug))
            ),
            MemberRoleChanged changed => new AuditRow(
                "member",
                Update,
                Changed("role", changed.RoleBefore.Slug, changed.Role.Slug, ("user_id", changed.UserId))
            ),
            MemberSuspended suspended => new AuditRow(
                "member",
                Update,
                Changed("suspended", false, true, ("user_id", suspended.UserId))
            ),
            MemberReinstated reinstated => new AuditRow(
                "member",
                Update,
                Changed("suspended", true, false, ("user_id", reinstated.UserId))
            ),
            MemberLeft left => new AuditRow(
                "member",
                Delete,
                Before(("user_id", left.UserId), ("role", left.RoleBefore.Slug))
            ),
            OwnershipTransferred transferred => new AuditRow(
                "organization",
                Update,
                Changed("owner_id", transferred.FromUserId, transferred.ToUserId)
            ),
            PlanSet set => new AuditRow(
                "organization",
                Update,
                new JsonObject
                {
                    ["before"] = Columns(("plan", set.PlanBefore), ("seats", set.SeatsBefore)),
                    ["after"] = Columns(("plan", set.Plan), ("seats", set.Seats)),
                }
            ),
            _ => new AuditRow("organization", Update, Changed("closed", false, true)),
        };

    private static AuditRow OfRole(RoleEvent happened) =>
        happened switch
        {
            RoleCreated created => new AuditRow("role", Create, After(("name", created.Name), ("slug", created.Slug))),
            RoleDescribed described => new AuditRow(
                "role",
                Update,
                new JsonObject
                {
                    ["before"] = Columns(("name", described.NameBefore), ("description", described.DescriptionBefore)),
                    ["after"] = Columns(("name", described.Name), ("description", described.Description)),
                }
            ),
            PermissionGranted granted => new AuditRow("role", Update, After(("permission", granted.Permission.Name))),
            PermissionRevoked revoked => new AuditRow("role", Update, Before(("permission", revoked.Permission.Name))),
            RoleRemoved removed => new AuditRow("role", Delete, Before(("name", removed.Name), ("slug", removed.Slug))),
            _ => throw Unknown(happened),
        };

    private static AuditRow OfKey(ApiKeyEvent happened) =>
        happened switch
        {
            ApiKeyCreated created => new AuditRow(
                "api_key",
                Create,
                After(
                    ("name", created.Name),
                    ("prefix", created.Prefix),
                    ("scopes", created.Scopes is { } scopes ? string.Join(' ', scopes) : null)
                )
            ),
            ApiKeyDescribed described => new AuditRow(
                "api_key",
                Update,
                new JsonObject
                {
                    ["before"] = Columns(("name", described.NameBefore), ("description", described.DescriptionBefore)),
                    ["after"] = Columns(("name", described.Name), ("description", described.Description)),
                }
            ),
            ApiKeyRotated rotated => new AuditRow(
                "api_key",
                Update,
                After(("prefix", rotated.Prefix), ("previous_until", rotated.PreviousUntil?.ToString("O")))
            ),
            ApiKeyRotationDue due => new AuditRow("api_key", Update, After(("rotation_due", due.DueAt.ToString("O")))),
            ApiKeyRevoked revoked => new AuditRow("api_key", Delete, After(("revoked_reason", revoked.Reason))),
            _ => throw Unknown(happened),
        };

    private static AuditRow OfIncident(SecurityIncidentNoted noted)
    {
        var details = Columns(("times", noted.Times));
        foreach (var (name, value) in noted.Details ?? new Dictionary<string, string>(StringComparer.Ordinal))
            details[name] = value;

        return new AuditRow("security", Create, new JsonObject { ["before"] = null, ["after"] = details });
    }

    private static AuditRow OfRecord(RecordEvent happened) =>
        happened switch
        {
            RecordSaved { Before: { } before } saved => new AuditRow(
                saved.Table,
                Update,
                RecordChanges.Between(before, saved.After)
            ),
            RecordSaved saved => new AuditRow(saved.Table, Create, RecordChanges.Between(null, saved.After)),
            RecordDeleted deleted => new AuditRow(deleted.Table, Delete, RecordChanges.Between(deleted.Before, null)),
            RecordErased erased => new AuditRow(erased.Table, Delete, RecordChanges.Between(erased.Before, null)),
            _ => throw Unknown(happened),
        };

    // An import is one row, however many contacts it brings: that of its end.
    private static AuditRow? OfImport(ImportEvent happened) =>
        happened switch
        {
            ImportFinished finished => new AuditRow(
                "import",
                Create,
                After(
                    ("added", finished.Counts.Added),
                    ("consents", finished.Counts.Consents),
                    ("withdrawals", finished.Counts.Withdrawals),
                    ("rejected", finished.Counts.Rejected)
                )
            ),
            ImportUndone undone => new AuditRow(
                "import",
                Delete,
                After(("contacts_erased", undone.ContactsErased), ("consents_retracted", undone.ConsentsRetracted))
            ),
            _ => null,
        };

    private static JsonObject After(params ReadOnlySpan<(string Column, JsonNode? Value)> columns) =>
        new() { ["before"] = null, ["after"] = Columns(columns) };

    private static JsonObject Before(params ReadOnlySpan<(string Column, JsonNode? Value)> columns) =>
        new() { ["before"] = Columns(columns), ["after"] = null };

    private static JsonObject Changed(
        string column,
        JsonNode? before,
        JsonNode? after,
        params ReadOnlySpan<(string Column, JsonNode? Value)> of
    )
    {
        var (left, right) = (Columns(of), Columns(of));
        (left[column], right[column]) = (before, after);
        return new JsonObject { ["before"] = left, ["after"] = right };
    }

    private static JsonObject Columns(params ReadOnlySpan<(string Column, JsonNode? Value)> columns)
    {
        var row = new JsonObject();
        foreach (var (column, value) in columns)
            row[column] = value?.DeepClone();

        return row;
    }

    private static InvalidOperationException Unknown(object happened) =>
        new($"{happened.GetType().Name} has no audit row.");
}
