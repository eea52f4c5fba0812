using System.Diagnostics.CodeAnalysis;

namespace SchemaHub.Infrastructure.Specs.Security;

/// <summary>
/// Whose the rows of a relation are. A tenant column says it, or the person a row is about; every exception is listed
/// here with its reason. What is neither fails, and so a new table cannot be forgotten.
/// </summary>
internal static class Owners
{
    /// <summary>The same rows for everybody, who may read them all.</summary>
    public static readonly IReadOnlyDictionary<string, string> Catalogues = new Dictionary<string, string>(
        StringComparer.Ordinal
    )
    {
        ["access.permissions"] = "What can be permitted is a property of the program.",
        ["podcast.permissions"] = "As in access.",
        ["saas.permissions"] = "As in access.",
        ["saas.plans"] = "What is on sale; prices are public.",
        ["podcast.subscription_tiers"] = "As saas.plans.",
        ["saas.themes"] =
            "Looks of the installation. created_by is a number that names nobody to whom it does not know.",
        ["podcast.onboarding_steps"] = "The way in is the same for everybody; how far a person has come is not here.",
    };

    /// <summary>Nobody's but the writer's: neither the service's queries nor SQL readers may ask.</summary>
    public static readonly IReadOnlyDictionary<string, string> ServiceOwn = new Dictionary<string, string>(
        StringComparer.Ordinal
    )
    {
        ["access.user_roles"] = "Who runs the installation: for whoever decides on access only.",
        ["access.joined_organizations"] = "Where a person belongs or belonged: for the person's own archive only.",
        ["access.key_networks"] = "Where keys are used from: only that a place is new is told.",
        ["access.sessions"] = "Where people are signed in: each asks for their own, through the service's look-ups.",
        ["access.sign_in_throttle"] = "Counts of failed sign-ins, by keyed hashes that name nobody.",
        ["access.privacy_archive_parts"] = "Encrypted parts of archives, which the service puts together.",
        ["access.readers"] = "Which login sees which tenant: for the policies' functions only.",
        ["backstage.app_config"] = "Settings of the installation, secret ones too.",
        ["events.mt_events"] = "The log: queries read what was projected from it.",
        ["events.log"] = "As mt_events.",
        ["events.followers"] = "How far each follower is.",
        ["events.mt_event_progression"] = "Marten's daemon keeps it.",
        ["events.mt_event_projection_floors"] = "Marten's daemon keeps it.",
        ["events.mt_high_water_skips"] = "Marten's daemon keeps it.",
        ["events.mt_doc_deadletterevent"] = "Marten's daemon keeps it.",
        ["events.receipts"] = "First answers under idempotency keys, which are the callers' secrets.",
        ["events.safekeeping"] = "How far the outside journal is.",
        ["events.key_fingerprints"] = "Whether keys belong to this database.",
        ["events.seal_trees"] = "The sealer works over all tenants.",
        ["events.seal_tiles"] = "As seal_trees.",
        ["events.seal_heads"] = "As seal_trees.",
        ["events.checkpoints"] = "As seal_trees; proofs are given out by the service.",
        ["events.checkpoint_deliveries"] = "As seal_trees.",
        ["jobs.keys"] = "Keys under which jobs were enqueued, for all tenants.",
        ["jobs.paused"] = "What recurs is the installation's.",
        ["hangfire.aggregatedcounter"] = "Numbers of jobs of all tenants, for the operators' dashboard.",
        ["hangfire.counter"] = "As aggregatedcounter.",
        ["hangfire.hash"] = "What recurs, which is the installation's, and numbers as in aggregatedcounter.",
        ["hangfire.jobparameter"] = "Hangfire's notes on jobs of all tenants.",
        ["hangfire.jobqueue"] = "Which jobs of all tenants wait, for the nodes that run them.",
        ["hangfire.list"] = "Empty: Hangfire's lists are of features that are not in use.",
        ["hangfire.lock"] = "What nodes do alone.",
        ["hangfire.schema"] = "Which version Hangfire's tables have.",
        ["hangfire.server"] = "Names and states of machines.",
        ["hangfire.set"] = "Which jobs of all tenants are due when, for the nodes that run them.",
        ["hangfire.state"] = "What became of jobs of all tenants, for the operators' dashboard.",
        ["podcast.failover_events"] = "Names and states of machines.",
        ["podcast.listener_events_touched"] = "What a refresh has to count again.",
        ["podcast.metrics_daily_of_all"] = "A materialized view, which cannot be isolated: metrics_daily shows it.",
        ["podcast.recovery_procedures"] = "As failover_events.",
        ["podcast.replication_status"] = "As failover_events.",
        ["sending.chunks"] = "Where sending stands, for the nodes that send.",
        ["sending.in_flight"] = "Where sending stands, for the nodes that send.",
        ["sending.deferred"] = "Where sending stands, for the nodes that send.",
        ["sending.handed_over"] = "Where sending stood before a restore, for the nodes that send.",
        ["sending.held_work"] = "What the installation's operator has to release after a restore.",
        ["saas.webhook_events"] = "What a payment provider sent, before anybody knows whom it is about.",
    };

    /// <summary>A person's own: no organization sees a row, and no SQL reader does.</summary>
    public static readonly IReadOnlyDictionary<string, string> PersonsOwn = new Dictionary<string, string>(
        StringComparer.Ordinal
    )
    {
        ["backstage.sessions"] = "A person may be signed in for the sake of another organization.",
        ["smarthub.sessions"] = "As in backstage; the service shows a person their own.",
        ["podcast.email_verification_tokens"] = "Empty: links are an account's.",
        ["podcast.password_reset_tokens"] = "As email_verification_tokens.",
        ["podcast.refresh_tokens"] = "As email_verification_tokens.",
    };

    /// <summary>Rows without a tenant are the system's, which everybody sees.</summary>
    public static readonly IReadOnlyList<string> SystemsWhereNull =
    [
        "access.roles",
        "access.role_permissions",
        "saas.roles",
        "saas.role_permissions",
        "smarthub.roles",
    ];

    /// <summary>Rows without a tenant are a person's in all of that person's organizations.</summary>
    public static readonly IReadOnlyList<string> PersonsWhereNull = ["saas.user_roles", "smarthub.user_roles"];

    /// <summary>A library's tables, which name no tenant. A row of ours does: the condition on it.</summary>
    public static readonly IReadOnlyDictionary<string, string> ByRowsOfOurs = new Dictionary<string, string>(
        StringComparer.Ordinal
    )
    {
        ["hangfire.job"] = "exists (select from jobs.jobs j where j.hangfire_id = t.id and j.organization_id = {0})",
    };

    /// <summary>Views that show with their owner's rights what lies in another relation.</summary>
    public static readonly IReadOnlyDictionary<string, string> Barriers = new Dictionary<string, string>(
        StringComparer.Ordinal
    )
    {
        // Row-level security does not reach materialized views: the view's own condition isolates.
        ["podcast.metrics_daily"] = "podcast.metrics_daily_of_all",
    };

    /// <summary>Read by the service's queries alone: readers have the published schemas.</summary>
    public static bool IsInternal(this Relation relation) =>
        relation.Schema is "events" or "access" or "sending" or "jobs" or "hangfire";

    /// <summary>Nobody but the writer may ask.</summary>
    public static bool IsWritersOnly(this Relation relation) =>
        relation.IsPartition || ServiceOwn.ContainsKey(relation.Name);

    /// <summary>The condition on <c>t</c> under which a row is to be seen for a tenant, or for none.</summary>
    [SuppressMessage("Style", "IDE0046", Justification = "One case after the other.")]
    public static string? SeenBy(this Relation relation, Guid? organization)
    {
        if (Catalogues.ContainsKey(relation.Name))
            return "true";

        if (relation.IsWritersOnly() || PersonsOwn.ContainsKey(relation.Name))
            return "false";

        var none = SystemsWhereNull.Contains(relation.Name) ? $"t.{relation.Tenant?.Name} is null" : "false";
        if (organization is null)
            return none;

        if (ByRowsOfOurs.TryGetValue(relation.Name, out var condition))
            return condition.Replace("{0}", $"'{organization}'", StringComparison.Ordinal);

        var tenant = relation.Tenant ?? relation.Columns.FirstOrDefault(column => column.Name == "id");
        var person = relation.Columns.FirstOrDefault(column => column.Name == "user_id");
        var table = relation.Name.Split('.')[1];
        if (relation.Tenant is not null || table is "organizations" or "tenants")
        {
            var own = $"t.{tenant!.Name}::text = {TenantText(tenant, organization.Value)}";
            return PersonsWhereNull.Contains(relation.Name)
                ? $"({own} or (t.{tenant.Name} is null and {IsMember(person!, organization.Value)}))"
                : $"({own} or {none})";
        }

        var about = table == "users" ? tenant : person;
        return about is null ? null
            : relation.Schema == "podcast" ? IsMembership(about, organization.Value)
            : IsMember(about, organization.Value);
    }

    /// <summary>An organization's id in the form of a column, as text.</summary>
    public static string TenantText(Column column, Guid organization) =>
        column.Type == "text" ? $"access.cuid('{organization}')" : $"'{organization}'";

    private static string IsMembership(Column column, Guid organization) =>
        $"t.{column.Name} in (select m.id from access.memberships m where m.organization_id = '{organization}')";

    private static string IsMember(Column column, Guid organization)
    {
        var id = column.Type switch
        {
            "int4" or "int8" => "m.user_number",
            "uuid" => "m.user_id",
            _ => "access.cuid(m.user_id)",
        };
        return $"t.{column.Name} in (select {id} from access.memberships m where m.organization_id = '{organization}')";
    }
}
