using System.Text;

namespace SchemaHub.Application.Records;

/// <summary>How a published table comes by its rows.</summary>
public enum TableKind
{
    /// <summary>A row is what people saved of it.</summary>
    Record,

    /// <summary>Rows follow from what happened to something else.</summary>
    Projection,

    /// <summary>Written in bulk, past the log, and backed up rather than rebuilt.</summary>
    Telemetry,

    /// <summary>Counted from other tables by a job.</summary>
    Rollup,

    /// <summary>A view.</summary>
    View,

    /// <summary>It is there, and nothing writes it before what it waits for is built.</summary>
    Later,

    /// <summary>It is there for those who look for it, and nothing writes it.</summary>
    Empty,

    /// <summary>The service's own.</summary>
    Service,
}

/// <summary>A published table, and what writes it.</summary>
/// <param name="Name">Schema and table.</param>
public sealed record ListedTable(string Name, TableKind Kind, string WrittenBy);

/// <summary>Every published table and view: <c>docs/tables.md</c> is made of this.</summary>
public static class TableList
{
    /// <summary>All of them, by name.</summary>
    public static IReadOnlyList<ListedTable> All { get; } =
    [
        .. RecordCatalogue
            .All.Select(Listed)
            .Concat([
                .. Of(
                    TableKind.Projection,
                    "contact: `AddContact`, `ImportContacts`, `GiveConsent`, `WithdrawConsent` and the like",
                    "backstage.contacts consent_history"
                ),
                .. Of(
                    TableKind.Projection,
                    "user: `SignUp`, `CreateOrganization`, `AcceptByLink`, `ChangeMyProfile`, `RemoveMe` and the like",
                    "backstage.users saas.users snorq.users smarthub.users"
                ),
                .. Of(
                    TableKind.Projection,
                    "session: `SignIn`, `SignInWithGoogle`, `SwitchOrganization`, `RefreshSession`, `SignOut`",
                    "backstage.sessions smarthub.sessions"
                ),
                .. Of(
                    TableKind.Empty,
                    "no one: links and refresh tokens are an account's, and their rows would be a tenant's",
                    "podcast.email_verification_tokens password_reset_tokens refresh_tokens"
                ),
                .. Of(
                    TableKind.Projection,
                    "organization: `CreateOrganization`, `FoundOrganization`, `RenameOrganization`, `SetPlan`, "
                        + "`TransferOwnership`, `CloseOrganization`",
                    "saas.teams snorq.organizations podcast.tenants"
                ),
                .. Of(
                    TableKind.Projection,
                    "invitation: `SendInvitation`, `ResendInvitation`, `RevokeInvitation`, `AcceptInvitation`, "
                        + "`AcceptByLink`, `EndInvitations`",
                    "saas.invitations"
                ),
                .. Of(
                    TableKind.Projection,
                    "organization and user: `FoundOrganization`, `AcceptInvitation`, `ChangeMemberRole`, "
                        + "`SetMemberActive`, `RemoveMember`, `LeaveOrganization`, `SetUserRole`",
                    "saas.team_members user_roles snorq.organization_members podcast.users user_roles "
                        + "smarthub.user_roles"
                ),
                .. Of(
                    TableKind.Projection,
                    "role: `SaveRole`, `RemoveRole`",
                    "saas.roles permissions role_permissions podcast.roles permissions role_permissions smarthub.roles"
                ),
                .. Of(
                    TableKind.Projection,
                    "API key: `CreateApiKey`, `ChangeApiKey`, `RotateApiKey`, `RevokeApiKey`",
                    "saas.api_keys podcast.api_keys smarthub.api_keys"
                ),
                .. Of(
                    TableKind.Projection,
                    "template: `SaveTemplate`, `DeleteTemplate` (`POST /api/v1/backstage/email-templates`)",
                    "backstage.email_templates"
                ),
                .. Of(
                    TableKind.Projection,
                    "campaign: `DraftCampaign`, `ScheduleCampaign`, `StartCampaign`, `PauseCampaign`, `CancelCampaign`",
                    "backstage.email_campaigns"
                ),
                .. Of(
                    TableKind.Projection,
                    "user: `LimitSending`; sending counts what was sent today",
                    "backstage.quota_tracking"
                ),
                .. Of(
                    TableKind.Projection,
                    "every aggregate but contact, and records: whatever changes them",
                    "podcast.audit_logs smarthub.audit_logs"
                ),
                .. Of(
                    TableKind.Projection,
                    "user, organization, role, API key: whatever touches access",
                    "podcast.security_events saas.security_audit_logs"
                ),
                .. Of(
                    TableKind.Projection,
                    "privacy request: `OpenPrivacyRequest`, `FulfilPrivacyRequest`, `RejectPrivacyRequest` "
                        + "and the like",
                    "podcast.gdpr_requests"
                ),
                .. Of(TableKind.Telemetry, "`IngestListenerEvents`", "podcast.listener_events"),
                .. Of(TableKind.Telemetry, "`IngestListenerMetrics`", "podcast.listener_metrics"),
                .. Of(
                    TableKind.Telemetry,
                    "`IngestAttributionEvents`",
                    "podcast.attribution_events attribution_event_metadata"
                ),
                .. Of(TableKind.Telemetry, "every request, where `SchemaHub:CountUsage` is on", "podcast.api_usage"),
                .. Of(
                    TableKind.Telemetry,
                    "every request that was refused, and one allowed of a hundred",
                    "podcast.access_logs"
                ),
                .. Of(TableKind.Telemetry, "jobs", "backstage.execution_logs"),
                .. Of(
                    TableKind.Telemetry,
                    "sending, and who tells what became of it",
                    "backstage.email_logs email_events"
                ),
                .. Of(TableKind.Rollup, "a job", "podcast.listener_events_hourly listener_events_daily"),
                .. Of(TableKind.Rollup, "a job", "backstage.campaign_totals"),
                .. Of(TableKind.Rollup, "a job; read through metrics_daily", "podcast.metrics_daily_of_all"),
                .. Of(TableKind.View, "no one", "backstage.consent_stats campaign_stats podcast.metrics_daily"),
                .. Of(TableKind.Service, "triggers of listener_events", "podcast.listener_events_touched"),
                .. Of(TableKind.Service, "the service", "backstage.app_config"),
                .. Of(
                    TableKind.Later,
                    "billing",
                    "saas.plans subscriptions invoices webhook_events "
                        + "podcast.ai_token_usage ai_token_balances billing_transactions"
                ),
                .. Of(
                    TableKind.Later,
                    "the inbox",
                    "snorq.platform_connections conversations messages conversation_labels notes daily_analytics"
                ),
                .. Of(
                    TableKind.Later,
                    "attribution, whose events retention takes together with these",
                    "podcast.attribution_paths attribution_validations"
                ),
                .. Of(
                    TableKind.Later,
                    "webhooks and imports from other systems, with their encrypted secrets",
                    "podcast.integration_tokens webhooks etl_imports"
                ),
            ])
            .OrderBy(table => table.Name, StringComparer.Ordinal),
    ];

    /// <summary>The page of all tables.</summary>
    public static string ToMarkdown()
    {
        var page = new StringBuilder(
            """
            # The published tables

            Every table and view of the five schemas, how it comes by its rows, and what writes it. This page is made
            of `src/Application/Records/TableList.cs` and the catalogue of records; a spec compares it with both and
            with the database. To make it anew, run the spec with `SCHEMAHUB_WRITE_DOCS=1`.

            | Table | Kind | Written by |
            |---|---|---|

            """.ReplaceLineEndings("\n")
        );
        foreach (var table in All)
            page.Append(
                string.Concat(
                    "| ",
                    table.Name,
                    " | ",
                    table.Kind.ToString().ToLowerInvariant(),
                    " | ",
                    table.WrittenBy,
                    " |\n"
                )
            );

        return page.ToString();
    }

    private static ListedTable Listed(RecordType type)
    {
        var verb = $"`schemahub record put {type.Name}`";
        return new ListedTable(
            type.Name,
            TableKind.Record,
            type.Scope is RecordScope.Everybody or RecordScope.Operator
                ? $"{verb}, by the operator"
                : $"`POST /api/v1/{type.Schema}/{type.Table.Replace('_', '-')}`, {verb} `--org …`"
        );
    }

    // A name without its schema is of the schema before it.
    private static IEnumerable<ListedTable> Of(TableKind kind, string writtenBy, string tables)
    {
        var schema = "";
        foreach (var table in tables.Split(' '))
        {
            schema = table.Contains('.', StringComparison.Ordinal) ? table.Split('.')[0] : schema;
            yield return new ListedTable($"{schema}.{table.Split('.')[^1]}", kind, writtenBy);
        }
    }
}
