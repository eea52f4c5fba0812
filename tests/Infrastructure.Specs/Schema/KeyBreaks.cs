namespace SchemaHub.Infrastructure.Specs.Schema;

/// <summary>Keys, constraints and indexes that are not as they should be.</summary>
internal static class KeyBreaks
{
    public static SchemaBreaks Constraints { get; } =
        new()
        {
            {
                "a primary key is gone",
                "alter table saas.files drop constraint files_pkey",
                "error primary_key.missing saas.files.id"
            },
            {
                "a primary key has another name",
                "alter table saas.files rename constraint files_pkey to pk_files",
                "warning primary_key.name saas.files.id"
            },
            {
                "a unique constraint is gone",
                "alter table saas.teams drop constraint teams_slug_key",
                "error unique.missing saas.teams.slug"
            },
            {
                "a unique constraint is of more columns",
                """
                    alter table saas.teams drop constraint teams_slug_key;
                    alter table saas.teams add constraint teams_slug_key unique (slug, name)
                    """,
                "error unique.definition saas.teams"
            },
            {
                "a unique constraint waits for the commit",
                """
                    alter table saas.teams drop constraint teams_slug_key;
                    alter table saas.teams add constraint teams_slug_key unique (slug) deferrable initially deferred
                    """,
                "error unique.timing saas.teams.slug"
            },
            {
                "a unique constraint has another name",
                "alter table saas.teams rename constraint teams_slug_key to uq_teams",
                "warning unique.name saas.teams.slug"
            },
            {
                "a unique constraint too many",
                "alter table saas.files add constraint one unique (filename)",
                "error unique.extra saas.files.filename"
            },
            {
                "a check is gone",
                "alter table saas.files drop constraint files_storage_type_check",
                "error check.missing saas.files"
            },
            {
                "a check lets more through",
                """
                    alter table saas.files drop constraint files_storage_type_check;
                    alter table saas.files add constraint files_storage_type_check
                        check (storage_type in ('local', 's3', 'ftp'))
                    """,
                "error check.definition saas.files"
            },
            {
                "a check does not hold for what was there",
                """
                    alter table saas.files drop constraint files_storage_type_check;
                    alter table saas.files add constraint files_storage_type_check
                        check (storage_type in ('local', 's3')) not valid
                    """,
                "error check.state saas.files"
            },
            {
                "a check too many",
                "alter table saas.files add constraint small check (file_size < 10)",
                "error check.extra saas.files"
            },
            {
                "an exclusion too many",
                "alter table saas.files add constraint apart exclude using btree (filename with =)",
                "error exclusion.extra saas.files"
            },
        };

    public static SchemaBreaks References { get; } =
        new()
        {
            {
                "a reference is gone",
                "alter table saas.files drop constraint files_user_id_fkey",
                "error foreign_key.missing saas.files.user_id"
            },
            {
                "a reference is to another table",
                """
                    alter table saas.files drop constraint files_user_id_fkey;
                    alter table saas.files add constraint files_user_id_fkey
                        foreign key (user_id) references saas.teams (id)
                    """,
                "error foreign_key.definition saas.files.user_id"
            },
            {
                "a delete does something else",
                """
                    alter table saas.api_keys drop constraint api_keys_user_id_fkey;
                    alter table saas.api_keys add constraint api_keys_user_id_fkey
                        foreign key (user_id) references saas.users (id) on delete restrict
                    """,
                "error foreign_key.on_delete saas.api_keys.user_id"
            },
            {
                "a change of the id does something",
                """
                    alter table saas.api_keys drop constraint api_keys_user_id_fkey;
                    alter table saas.api_keys add constraint api_keys_user_id_fkey
                        foreign key (user_id) references saas.users (id) on delete cascade on update cascade
                    """,
                "error foreign_key.on_update saas.api_keys.user_id"
            },
            {
                "a reference does not hold for what was there",
                """
                    alter table saas.api_keys drop constraint api_keys_user_id_fkey;
                    alter table saas.api_keys add constraint api_keys_user_id_fkey
                        foreign key (user_id) references saas.users (id) on delete cascade not valid
                    """,
                "error foreign_key.state saas.api_keys.user_id"
            },
            {
                "a reference waits for the commit",
                "alter table saas.api_keys alter constraint api_keys_user_id_fkey deferrable",
                "error foreign_key.timing saas.api_keys.user_id"
            },
            {
                "references are switched off",
                "alter table saas.files disable trigger all",
                "error foreign_key.state saas.files.user_id"
            },
            {
                "a reference too many",
                """
                    alter table saas.files add constraint stray foreign key (file_size) references saas.users (id)
                    """,
                "error foreign_key.extra saas.files.file_size"
            },
        };

    public static SchemaBreaks Indexes { get; } =
        new()
        {
            {
                "the index of a reference is gone",
                "drop index saas.idx_files_user_id",
                "error index.missing saas.files.user_id",
                "warning foreign_key.without_index saas.files.user_id"
            },
            {
                "an index is gone",
                "drop index saas.idx_files_storage_type",
                "error index.missing saas.files.storage_type"
            },
            {
                "an index that only speaks of a reference's column",
                """
                    drop index saas.idx_files_user_id;
                    create index idx_files_user_id on saas.files ((user_id + 1)) where user_id > 0
                    """,
                "error index.definition saas.files",
                "warning foreign_key.without_index saas.files.user_id"
            },
            {
                "an index has another name",
                "alter index saas.idx_files_user_id rename to files_of_users",
                "warning index.name saas.files.user_id"
            },
            {
                "an index is on another column",
                """
                    drop index saas.idx_files_storage_type;
                    create index idx_files_storage_type on saas.files (mime_type)
                    """,
                "error index.definition saas.files.mime_type"
            },
            {
                "an index is of some rows only",
                """
                    drop index saas.idx_files_storage_type;
                    create index idx_files_storage_type on saas.files (storage_type) where is_public
                    """,
                "error index.definition saas.files.storage_type"
            },
            {
                "an index runs the other way",
                """
                    drop index smarthub.idx_users_created_at;
                    create index idx_users_created_at on smarthub.users (created_at)
                    """,
                "error index.definition smarthub.users.created_at"
            },
            {
                "an index is of another kind",
                """
                    drop index saas.idx_files_storage_type;
                    create index idx_files_storage_type on saas.files using hash (storage_type)
                    """,
                "error index.definition saas.files.storage_type"
            },
            {
                "an index was not finished",
                "update pg_index set indisvalid = false where indexrelid = 'saas.idx_files_storage_type'::regclass",
                "error index.state saas.files.storage_type"
            },
            {
                "an index too many",
                "create index stray on saas.files (filename)",
                "warning index.extra saas.files.filename"
            },
            {
                "a unique index too many",
                "create unique index stray on saas.files (filename)",
                "error index.extra saas.files.filename"
            },
            {
                "addresses are told apart by their case",
                "drop index backstage.users_email_lower_key",
                "error index.missing backstage.users"
            },
        };
}
