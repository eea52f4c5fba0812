namespace SchemaHub.Infrastructure.Specs.Schema;

/// <summary>Rows and partitions that are not as they should be.</summary>
internal static class RowBreaks
{
    // As a restore or a careless script does it: without asking any constraint's trigger.
    private const string Unchecked = "set local session_replication_role = replica;";

    private const string User = """
        insert into saas.users (id, email, hashed_password, is_active, created_at, updated_at)
        values (1, 'ann@example.org', '!', true, now(), now());
        """;

    private const string Roles = """
        insert into saas.roles (id, name, slug, is_system, created_at, updated_at)
        values (1, 'superadmin', 'superadmin', true, now(), now()), (2, 'admin', 'admin', true, now(), now());
        """;

    private const string Team = """
        insert into saas.teams (id, name, slug, owner_id, created_at, updated_at, organization_id)
        values (1, 'Acme', 'acme', 1, now(), now(), gen_random_uuid());
        """;

    private static readonly string[] s_nothing = [];

    public static SchemaBreaks Rows { get; } =
        new()
        {
            {
                "a row refers to nothing, though the reference is enforced",
                Unchecked + Team,
                "error data.orphans saas.teams.owner_id"
            },
            {
                "a row refers to nothing, and the reference is gone",
                "alter table saas.teams drop constraint teams_owner_id_fkey;" + Team,
                "error foreign_key.missing saas.teams.owner_id",
                "error data.orphans saas.teams.owner_id"
            },
            {
                "a row that may refer to nothing does so wrongly",
                Unchecked
                    + """
                        insert into backstage.email_events (id, email_log_id, event_type, organization_id)
                        values (1, 99, 'opened', gen_random_uuid())
                        """,
                "error data.orphans backstage.email_events.email_log_id"
            },
            {
                "a composite reference leads nowhere",
                Unchecked
                    + """
                        insert into podcast.attribution_event_metadata (event_id, occurred_at, tenant_id)
                        values (gen_random_uuid(), now(), gen_random_uuid())
                        """,
                "error data.orphans podcast.attribution_event_metadata",
                "error data.orphans podcast.attribution_event_metadata.tenant_id"
            },
            {
                "a value is twice where it should be once",
                Roles
                    + User
                    + "alter table saas.teams drop constraint teams_slug_key;"
                    + Team
                    + Team.Replace("(1, 'Acme'", "(2, 'Acme'", StringComparison.Ordinal),
                "error unique.missing saas.teams.slug",
                "error data.duplicates saas.teams.slug"
            },
            {
                "two addresses differ in case only",
                "drop index smarthub.users_email_lower_key;"
                    + """
                        insert into smarthub.users (email, username, password_hash)
                        values ('ann@example.org', 'ann', '!'), ('Ann@example.org', 'Ann B', '!')
                        """,
                false,
                "error index.missing smarthub.users",
                "error data.duplicates smarthub.users"
            },
            {
                "nobody is an administrator",
                User,
                "warning data.system_role saas.roles",
                "warning data.system_role saas.roles"
            },
            { "there are the system roles, and so nothing is wrong", Roles + User, s_nothing },
            {
                "two themes are active",
                """
                    drop index saas.themes_is_active_key;
                    insert into saas.themes (id, name, display_name, config, is_active, created_at, updated_at)
                    values (1, 'light', 'Light', '{}', true, now(), now()),
                        (2, 'dark', 'Dark', '{}', true, now(), now());
                    """,
                "error index.missing saas.themes.is_active",
                "error data.duplicates saas.themes.is_active",
                "error data.active_themes saas.themes.is_active"
            },
            {
                "a team's owner is inactive",
                Roles + User + Team + "update saas.users set is_active = false",
                "warning data.inactive_owner saas.teams.owner_id"
            },
        };

    public static SchemaBreaks Partitions { get; } =
        new()
        {
            { "this month has no partition", Dropped("now()"), "error partition.missing podcast.listener_events" },
            {
                "next month has no partition",
                Dropped("now() + interval '1 month'"),
                "warning partition.missing podcast.listener_events"
            },
            {
                "rows are kept too long",
                """
                    create table podcast.listener_events_2019_01 partition of podcast.listener_events
                        for values from ('2019-01-01') to ('2019-02-01')
                    """,
                false,
                "error table.retention podcast.listener_events"
            },
            {
                "a partition was taken out",
                """
                    do $$ begin execute format('alter table podcast.listener_metrics detach partition podcast.%I',
                        'listener_metrics_' || to_char(now() at time zone 'UTC' + interval '3 months', 'YYYY_MM'));
                    end $$
                    """,
                false,
                "warning table.extra podcast.listener_metrics_"
            },
        };

    private static string Dropped(string when) =>
        $"""
            do $$ begin execute format('drop table podcast.%I',
                'listener_events_' || to_char(date_trunc('month', now() at time zone 'UTC')
                    + (({when}) - now()), 'YYYY_MM'));
            end $$
            """;
}
