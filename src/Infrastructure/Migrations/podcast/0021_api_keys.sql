-- Programs that use the API, and how much they use it.

create table podcast.api_keys (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    user_id uuid,
    key_hash varchar(64) not null,
    name varchar(100) not null,
    scopes text[] not null default '{}',
    last_used_at timestamptz,
    expires_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint api_keys_pkey primary key (id),
    constraint api_keys_key_hash_key unique (key_hash),
    constraint api_keys_tenant_id_fkey foreign key (tenant_id) references podcast.tenants (id) on delete cascade,
    constraint api_keys_user_id_fkey foreign key (user_id) references podcast.users (id) on delete set null,
    constraint api_keys_key_hash_check check (key_hash ~ '^[0-9a-f]{64}$')
);

comment on table podcast.api_keys is 'Keys of programs. A key is shown once; what is kept cannot be used to sign in.';
comment on column podcast.api_keys.user_id is 'Who made it; null where that is not known any more.';
comment on column podcast.api_keys.key_hash is 'SHA-256 of the key in lower-case hex; only the service reads it.';
comment on column podcast.api_keys.scopes is
    'The names of the permissions the key carries, as far as its holder has them; empty: all that its holder has.';
comment on column podcast.api_keys.last_used_at is 'Null while it was never used.';
comment on column podcast.api_keys.expires_at is 'Null where it does not end by itself.';
comment on column podcast.api_keys.revoked_at is 'When it was taken away; null while it is good.';

create index idx_api_keys_tenant_id_id on podcast.api_keys (tenant_id, id);
create index idx_api_keys_user_id on podcast.api_keys (user_id);

create table podcast.api_usage (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    api_key_id uuid,
    endpoint varchar(500) not null,
    method varchar(16) not null,
    status_code integer not null,
    response_time_ms integer not null,
    occurred_at timestamptz not null default now(),
    constraint api_usage_pkey primary key (id),
    constraint api_usage_tenant_id_fkey foreign key (tenant_id) references podcast.tenants (id) on delete cascade,
    constraint api_usage_api_key_id_fkey foreign key (api_key_id) references podcast.api_keys (id) on delete set null,
    constraint api_usage_status_code_check check (status_code between 100 and 599),
    constraint api_usage_response_time_ms_check check (response_time_ms >= 0)
);

comment on table podcast.api_usage is
    'One row per call of the API, written in bulk and kept two years unless the installation says otherwise.';
comment on column podcast.api_usage.api_key_id is 'Null for a call without a key, and once the key is gone.';
comment on column podcast.api_usage.endpoint is 'The route''s pattern, without ids and without the query.';
comment on column podcast.api_usage.response_time_ms is
    'From the request''s head to the answer''s end, in milliseconds.';

create index idx_api_usage_tenant_id_occurred_at on podcast.api_usage (tenant_id, occurred_at);
create index idx_api_usage_api_key_id_occurred_at on podcast.api_usage (api_key_id, occurred_at);
create index idx_api_usage_occurred_at on podcast.api_usage (occurred_at);

grant select, insert, update, delete on podcast.api_keys, podcast.api_usage to schemahub_writer;
-- Nobody but the writer has any business with the hashes of keys.
grant select (
    id, tenant_id, user_id, name, scopes, last_used_at, expires_at, revoked_at, created_at, updated_at
) on podcast.api_keys to schemahub_app, schemahub_reader;
grant select on podcast.api_usage to schemahub_app, schemahub_reader;
grant insert on podcast.api_usage to schemahub_app;

alter table podcast.api_keys enable row level security;
alter table podcast.api_keys force row level security;
alter table podcast.api_usage enable row level security;
alter table podcast.api_usage force row level security;

create policy writer on podcast.api_keys to schemahub_writer using (true) with check (true);
create policy writer on podcast.api_usage to schemahub_writer using (true) with check (true);

create policy tenant_isolation on podcast.api_keys for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.api_usage for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));

create policy reader on podcast.api_keys for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.api_usage for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));

-- The service counts calls for the tenant it serves. A foreign key does not look at tenants, so this does.
create policy ingest on podcast.api_usage for insert to schemahub_app
    with check (
        tenant_id = (select podcast.current_tenant())
        and (
            api_key_id is null
            or exists (
                select from podcast.api_keys k
                where k.id = api_usage.api_key_id and k.tenant_id = (select podcast.current_tenant())
            )
        )
    );
