-- smarthub.md: keys of programs, sessions of people, and who changed what.

create table smarthub.api_keys (
    id uuid not null default gen_random_uuid(),
    user_id uuid not null,
    key_hash varchar(64) not null,
    name varchar(100),
    description text,
    last_used_at timestamptz,
    expires_at timestamptz,
    is_active boolean default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    organization_id uuid not null,
    constraint api_keys_pkey primary key (id),
    constraint api_keys_key_hash_key unique (key_hash),
    constraint api_keys_user_id_fkey foreign key (user_id) references smarthub.users (id) on delete cascade,
    constraint key_length check (length(key_hash) = 64)
);

comment on table smarthub.api_keys is 'Keys by which programs act for an organization.';
comment on column smarthub.api_keys.id is 'The id of the key''s stream.';
comment on column smarthub.api_keys.user_id is 'Whose key it is: it may do no more than this user.';
comment on column smarthub.api_keys.key_hash is 'SHA-256 of the key, in hex; the key itself was shown once.';
comment on column smarthub.api_keys.expires_at is 'Null: never.';
comment on column smarthub.api_keys.is_active is 'False once it was switched off or revoked.';
comment on column smarthub.api_keys.organization_id is 'Addition: the tenant the key acts for.';

create index idx_api_keys_user_id on smarthub.api_keys (user_id);
create index idx_api_keys_expires_at on smarthub.api_keys (expires_at);
create index idx_api_keys_active on smarthub.api_keys (is_active);
create index idx_api_keys_organization_id_id on smarthub.api_keys (organization_id, id);

create table smarthub.sessions (
    id uuid not null default gen_random_uuid(),
    user_id uuid not null,
    token_hash varchar(64) not null,
    ip_address inet,
    user_agent text,
    expires_at timestamptz not null,
    created_at timestamptz not null default now(),
    organization_id uuid,
    constraint sessions_pkey primary key (id),
    constraint sessions_user_id_fkey foreign key (user_id) references smarthub.users (id) on delete cascade
);

comment on table smarthub.sessions is 'Where users are signed in: for the user alone, and no organization''s to see.';
comment on column smarthub.sessions.token_hash is
    'SHA-256 of the token, in hex; the token itself is the browser''s only.';
comment on column smarthub.sessions.ip_address is 'Where the user signed in from.';
comment on column smarthub.sessions.organization_id is
    'Addition: the tenant the session works in; null before one is chosen.';

create index idx_sessions_user_id on smarthub.sessions (user_id);
create index idx_sessions_expires_at on smarthub.sessions (expires_at);
create index idx_sessions_token_hash on smarthub.sessions (token_hash);
create index idx_sessions_organization_id_id on smarthub.sessions (organization_id, id);

create table smarthub.audit_logs (
    id uuid not null default gen_random_uuid(),
    user_id uuid,
    entity_type varchar(100) not null,
    entity_id uuid not null,
    action varchar(50) not null,
    changes jsonb,
    ip_address inet,
    user_agent text,
    created_at timestamptz not null default now(),
    organization_id uuid,
    constraint audit_logs_pkey primary key (id),
    constraint audit_logs_user_id_fkey foreign key (user_id) references smarthub.users (id) on delete set null,
    constraint audit_logs_action_check check (action in ('CREATE', 'UPDATE', 'DELETE')),
    constraint audit_logs_changes_check check (jsonb_typeof(changes) = 'object')
);

comment on table smarthub.audit_logs is 'Every change: who, what, when, before and after. No contact''s personal data.';
comment on column smarthub.audit_logs.id is 'The id of the event behind the row.';
comment on column smarthub.audit_logs.user_id is
    'Who changed it; null for the service, a program, or an account that is gone.';
comment on column smarthub.audit_logs.entity_type is
    'What kind of thing was changed, by its table''s name, as in users.';
comment on column smarthub.audit_logs.entity_id is
    'The id of its stream, also where its own table has ids of another style.';
comment on column smarthub.audit_logs.changes is
    '{"before": {…}, "after": {…}}, each with the values that differ; no secrets.';
comment on column smarthub.audit_logs.ip_address is 'Where the request came from.';
comment on column smarthub.audit_logs.created_at is 'When the event was recorded.';
comment on column smarthub.audit_logs.organization_id is
    'Addition: the tenant; null for what belongs to none, which only the service and whoever did it see.';

create index idx_audit_logs_user_id on smarthub.audit_logs (user_id);
create index idx_audit_logs_entity on smarthub.audit_logs (entity_type, entity_id);
create index idx_audit_logs_created_at on smarthub.audit_logs (created_at desc);
create index idx_audit_logs_organization_id_created_at_id
    on smarthub.audit_logs (organization_id, created_at desc, id desc);

-- Isolation, as in the first file; sessions are their user's alone. Hashes of keys and tokens are nobody's to read. A
-- user without a tenant set sees
-- what is the user's own, in every organization; under a tenant nothing of another one mixes in.
grant select, insert, update, delete on smarthub.api_keys, smarthub.sessions, smarthub.audit_logs to schemahub_writer;
grant select (
    id, user_id, name, description, last_used_at, expires_at, is_active, created_at, updated_at, organization_id
) on smarthub.api_keys to schemahub_app, schemahub_reader;
grant select (id, user_id, ip_address, user_agent, expires_at, created_at, organization_id)
    on smarthub.sessions to schemahub_app, schemahub_reader;
grant select on smarthub.audit_logs to schemahub_app, schemahub_reader;

alter table smarthub.api_keys enable row level security;
alter table smarthub.api_keys force row level security;
alter table smarthub.sessions enable row level security;
alter table smarthub.sessions force row level security;
alter table smarthub.audit_logs enable row level security;
alter table smarthub.audit_logs force row level security;

create policy writer on smarthub.api_keys to schemahub_writer using (true) with check (true);
create policy writer on smarthub.sessions to schemahub_writer using (true) with check (true);
create policy writer on smarthub.audit_logs to schemahub_writer using (true) with check (true);

create policy user_isolation on smarthub.api_keys for select to schemahub_app
    using (user_id = smarthub.current_user_id() and (select access.current_organization()) is null);
create policy user_isolation on smarthub.sessions for select to schemahub_app
    using (user_id = smarthub.current_user_id() and (select access.current_organization()) is null);
create policy user_isolation on smarthub.audit_logs for select to schemahub_app
    using (user_id = smarthub.current_user_id() and (select access.current_organization()) is null);

create policy tenant on smarthub.api_keys for select to schemahub_app
    using (organization_id = (select access.current_organization()));
create policy tenant on smarthub.audit_logs for select to schemahub_app
    using (organization_id = (select access.current_organization()));

create policy reader on smarthub.api_keys for select to schemahub_reader
    using (organization_id = (select access.reader_organization()));
create policy reader on smarthub.audit_logs for select to schemahub_reader
    using (organization_id = (select access.reader_organization()));
