namespace SchemaHub.Infrastructure.Specs.Schema;

/// <summary>Isolation, rights and programs in the database that are not as they should be.</summary>
internal static class AccessBreaks
{
    public static SchemaBreaks Isolation { get; } =
        new()
        {
            {
                "isolation is off",
                "alter table saas.files disable row level security",
                "error table.row_level_security saas.files"
            },
            {
                "isolation does not hold for the owner",
                "alter table saas.files no force row level security",
                "error table.row_level_security saas.files"
            },
            { "a policy is gone", "drop policy reader on saas.files", "error policy.missing saas.files" },
            {
                "a policy lets everything through",
                "alter policy tenant on saas.files using (true)",
                "error policy.using saas.files tenant"
            },
            {
                "a policy is for everybody",
                "alter policy tenant on saas.files to public",
                "error policy.roles saas.files tenant"
            },
            {
                "a policy is for more commands",
                """
                    drop policy tenant on saas.files;
                    create policy tenant on saas.files to schemahub_app
                        using (organization_id = (select access.current_organization()))
                    """,
                "error policy.command saas.files tenant"
            },
            {
                "a policy only narrows",
                """
                    drop policy tenant on saas.files;
                    create policy tenant on saas.files as restrictive for select to schemahub_app
                        using (organization_id = (select access.current_organization()))
                    """,
                "error policy.permissive saas.files tenant"
            },
            {
                "a policy checks nothing that is written",
                "alter policy ingest on podcast.listener_events with check (true)",
                "error policy.with_check podcast.listener_events ingest"
            },
            {
                "a policy too many",
                "create policy open on saas.files for select using (true)",
                "error policy.extra saas.files"
            },
        };

    public static SchemaBreaks Rights { get; } =
        new()
        {
            {
                "everybody may read a table",
                "grant select on saas.files to public",
                "error privilege.extra saas.files"
            },
            {
                "the service may change a published table",
                "grant update on saas.files to schemahub_app",
                "error privilege.privileges saas.files schemahub_app"
            },
            {
                "the writer may not write",
                "revoke insert on saas.files from schemahub_writer",
                "error privilege.privileges saas.files schemahub_writer"
            },
            {
                "readers may see password hashes",
                "grant select (hashed_password) on saas.users to schemahub_reader",
                "error privilege.privileges saas.users schemahub_reader"
            },
            {
                "the service may pass a right on",
                "grant select on saas.files to schemahub_app with grant option",
                "error privilege.privileges saas.files schemahub_app"
            },
            {
                "a partition can be read past its table",
                """
                    do $$ begin execute format('grant select on podcast.listener_events_%s to schemahub_app',
                        to_char(now() at time zone 'UTC', 'YYYY_MM')); end $$
                    """,
                "error partition.privilege podcast.listener_events_"
            },
            {
                "everybody may look into a schema",
                "grant usage on schema saas to public",
                "error schema.privileges saas"
            },
            {
                "a schema is somebody else's",
                "alter schema saas owner to schemahub_app",
                false,
                "error schema.owner saas",
                "error schema.privileges saas"
            },
        };

    public static SchemaBreaks Programs { get; } =
        new()
        {
            {
                "a function is gone",
                "drop function podcast.refresh_metrics_daily()",
                "error function.missing podcast.refresh_metrics_daily()"
            },
            {
                "a function does something else",
                """
                    create or replace function access.current_organization() returns uuid
                        language sql stable parallel safe set search_path = pg_catalog as $$ select null::uuid $$
                    """,
                "error function.definition access.current_organization()"
            },
            {
                "a function runs as who calls it",
                "alter function access.current_members() security invoker",
                "error function.definition access.current_members()"
            },
            {
                "a function looks for names where its caller does",
                "alter function access.current_members() reset search_path",
                "error function.definition access.current_members()"
            },
            {
                "everybody may call a function",
                "grant execute on function access.current_members() to public",
                "error function.privileges access.current_members()"
            },
            {
                "a function is somebody else's",
                "alter function access.current_members() owner to schemahub_writer",
                "error function.owner access.current_members()"
            },
            {
                "a function too many",
                "create function saas.answer() returns integer language sql as 'select 42'",
                "warning function.extra saas.answer()"
            },
            {
                "a trigger is gone",
                "drop trigger mark_deleted on podcast.listener_events",
                "error trigger.missing podcast.listener_events"
            },
            {
                "a trigger is off",
                "alter table podcast.listener_events disable trigger mark_deleted",
                "error trigger.state podcast.listener_events mark_deleted"
            },
            {
                "a trigger too many",
                """
                    create trigger stray before update on saas.files
                        for each row execute function suppress_redundant_updates_trigger()
                    """,
                "error trigger.extra saas.files"
            },
            {
                "a rule too many",
                "create rule stray as on delete to saas.files do instead nothing",
                "error rule.extra saas.files"
            },
        };
}
