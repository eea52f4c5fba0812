namespace SchemaHub.Infrastructure.Specs.Schema;

/// <summary>Tables, views, columns and enums that are not as they should be.</summary>
internal static class TableBreaks
{
    public static SchemaBreaks Tables { get; } =
        new()
        {
            { "a table is gone", "drop table saas.files", "error table.missing saas.files" },
            {
                "a table that others refer to is gone",
                "drop table snorq.labels cascade",
                "error table.missing snorq.labels",
                "error foreign_key.missing snorq.conversation_labels.label_id"
            },
            { "a table too many", "create table saas.leftover (id integer)", "warning table.extra saas.leftover" },
            { "a view is gone", "drop view backstage.consent_stats", "error table.missing backstage.consent_stats" },
            {
                "a view asks something else",
                """
                    create or replace view backstage.consent_stats with (security_invoker = true) as
                    select h.organization_id, h.user_id, coalesce(h.metadata ->> 'purpose', '*') as purpose, h.action,
                        h.source, date_trunc('day', h.timestamp) as day, count(*) as changes
                    from backstage.consent_history h
                    where h.action <> 'subscribe'
                    group by 1, 2, 3, 4, 5, 6
                    """,
                "error table.definition backstage.consent_stats"
            },
            {
                "a view shows what its owner sees",
                "alter view backstage.consent_stats reset (security_invoker)",
                "error table.options backstage.consent_stats"
            },
            {
                "a view became a table",
                "drop view backstage.consent_stats; create table backstage.consent_stats (day timestamp)",
                false,
                "error table.kind backstage.consent_stats"
            },
            {
                "a table is not written to the log of the server",
                "alter table backstage.app_config set unlogged",
                "error table.persistence backstage.app_config"
            },
            {
                "a table is somebody else's",
                "alter table saas.themes owner to schemahub_app",
                false,
                "error table.owner saas.themes",
                "error privilege.missing saas.themes"
            },
            { "a schema is gone", "drop schema smarthub cascade", false, "error schema.missing smarthub" },
            { "an extension is gone", "drop extension pg_trgm", "error extension.missing pg_trgm" },
        };

    public static SchemaBreaks Columns { get; } =
        new()
        {
            {
                "a column is gone",
                "alter table saas.files drop mime_type",
                "error column.missing saas.files.mime_type"
            },
            {
                "a column that is a key, indexed and a reference is gone",
                "alter table backstage.email_events drop email_log_id",
                "error column.missing backstage.email_events.email_log_id",
                "error index.missing backstage.email_events",
                "error index.missing backstage.email_events.email_log_id",
                "error foreign_key.missing backstage.email_events.email_log_id"
            },
            {
                "a column too many",
                "alter table saas.files add checksum text",
                "warning column.extra saas.files.checksum"
            },
            {
                "a column too many that every write must fill",
                "alter table saas.files add checksum text not null",
                "error column.extra saas.files.checksum"
            },
            {
                "a column has another name",
                "alter table saas.files rename mime_type to media_type",
                "error column.missing saas.files.mime_type",
                "warning column.extra saas.files.media_type"
            },
            {
                "a text has no length",
                "alter table saas.files alter filename type text",
                "error column.type saas.files.filename"
            },
            {
                "a text is too short",
                "alter table saas.files alter filename type varchar(50)",
                "error column.type saas.files.filename"
            },
            {
                "an amount has another precision",
                "alter table saas.plans alter amount type numeric(12, 4)",
                "error column.type saas.plans.amount"
            },
            {
                "a number is wider",
                "alter table saas.files alter file_size type bigint",
                "error column.type saas.files.file_size"
            },
            {
                "a time has no zone",
                "alter table saas.files alter created_at type timestamp",
                "error column.type saas.files.created_at",
                "warning column.without_time_zone saas.files.created_at"
            },
            {
                "a time has another precision",
                "alter table snorq.notes alter created_at type timestamp(6)",
                "error column.type snorq.notes.created_at"
            },
            {
                "an enum became text",
                "alter table saas.projects alter status drop default, alter status type varchar(20)",
                "error column.type saas.projects.status",
                "error column.default saas.projects.status"
            },
            {
                "json became jsonb",
                "alter table saas.themes alter config type jsonb",
                "error column.type saas.themes.config"
            },
            {
                "a column may be null",
                "alter table saas.files alter filename drop not null",
                "error column.nullability saas.files.filename"
            },
            {
                "a column may not be null",
                "alter table saas.files alter mime_type set not null",
                "error column.nullability saas.files.mime_type"
            },
            {
                "a default is gone",
                "alter table saas.files alter storage_type drop default",
                "error column.default saas.files.storage_type"
            },
            {
                "a default is another",
                "alter table saas.files alter storage_type set default 's3'",
                "error column.default saas.files.storage_type"
            },
            {
                "a default too many",
                "alter table saas.files alter mime_type set default 'text/plain'",
                "error column.default saas.files.mime_type"
            },
            {
                "a serial id counts no more",
                "alter table backstage.email_events alter id drop default",
                "error column.default backstage.email_events.id"
            },
            {
                "an id is counted by the table",
                "alter table saas.files alter id add generated by default as identity",
                "error column.generated saas.files.id"
            },
            {
                "a text is sorted otherwise",
                "alter table saas.files alter filename type varchar(500) collate \"C\"",
                "error column.collation saas.files.filename"
            },
        };

    public static SchemaBreaks Enums { get; } =
        new()
        {
            {
                "an enum has a value too many",
                "alter type saas.project_status add value 'paused'",
                "error enum.values saas.project_status"
            },
            {
                "an enum's value has another name",
                "alter type saas.project_status rename value 'archived' to 'shelved'",
                "error enum.values saas.project_status"
            },
            {
                "an enum lacks a value",
                """
                    alter table saas.projects alter status drop default;
                    alter type saas.project_status rename to old;
                    create type saas.project_status as enum ('active', 'archived');
                    alter table saas.projects alter status type saas.project_status using 'active'::saas.project_status;
                    alter table saas.projects alter status set default 'active';
                    drop type saas.old
                    """,
                "error enum.values saas.project_status"
            },
            { "an enum too many", "create type saas.mood as enum ('good')", "warning enum.extra saas.mood" },
            {
                "a domain too many",
                "create domain saas.email as text check (value like '%@%')",
                "warning type.extra saas.email"
            },
        };
}
