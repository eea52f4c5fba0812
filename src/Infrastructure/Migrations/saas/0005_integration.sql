-- saas.md, API and integration, and the security audit: keys, what providers told us, and what touched access.

create table saas.api_keys (
    id integer not null,
    user_id integer not null,
    name varchar(200) not null,
    description text,
    key_hash varchar(255) not null,
    key_prefix varchar(20) not null,
    rotation_policy varchar(50) not null default 'manual',
    last_rotated_at timestamptz,
    next_rotation_at timestamptz,
    rotation_count integer not null default 0,
    last_used_at timestamptz,
    usage_count integer not null default 0,
    expires_at timestamptz,
    is_active boolean not null default true,
    revoked_at timestamptz,
    revoked_reason text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    organization_id uuid not null,
    constraint api_keys_pkey primary key (id),
    constraint api_keys_key_hash_key unique (key_hash),
    constraint api_keys_user_id_fkey foreign key (user_id) references saas.users (id) on delete cascade,
    constraint api_keys_key_prefix_check check (left(key_prefix, 8) in ('sk_live_', 'sk_test_')),
    constraint api_keys_rotation_policy_check
        check (rotation_policy in ('manual', '30d', '60d', '90d', '180d', '365d')),
    constraint api_keys_rotation_count_check check (rotation_count >= 0),
    constraint api_keys_usage_count_check check (usage_count >= 0)
);

comment on table saas.api_keys is 'Keys by which programs act for an organization.';
comment on column saas.api_keys.id is 'The log position of the key''s first event; never changes.';
comment on column saas.api_keys.user_id is 'Whose key it is: it may do no more than this user.';
comment on column saas.api_keys.key_hash is 'SHA-256 of the key, in hex; the key itself was shown once.';
comment on column saas.api_keys.key_prefix is
    'sk_live_ or sk_test_ and the key''s first characters, to recognize it by.';
comment on column saas.api_keys.rotation_policy is
    'After how many days the key is replaced; manual: when somebody does it.';
comment on column saas.api_keys.next_rotation_at is 'Null where rotation_policy is manual.';
comment on column saas.api_keys.expires_at is 'Null: never.';
comment on column saas.api_keys.is_active is 'False once it was switched off or revoked.';
comment on column saas.api_keys.organization_id is 'Addition: the tenant the key acts for.';

create index idx_api_keys_user_id on saas.api_keys (user_id);
create index idx_api_keys_key_hash on saas.api_keys (key_hash);
create index idx_api_keys_next_rotation_at on saas.api_keys (next_rotation_at);
create index idx_api_keys_last_used_at on saas.api_keys (last_used_at);
create index idx_api_keys_expires_at on saas.api_keys (expires_at);
create index idx_api_keys_is_active on saas.api_keys (is_active);
create index idx_api_keys_created_at on saas.api_keys (created_at);
create index idx_api_keys_organization_id_id on saas.api_keys (organization_id, (id::bigint));

create table saas.webhook_events (
    id integer not null,
    event_type varchar(100) not null,
    source varchar(50) not null,
    payload text not null,
    status varchar(20) not null default 'pending',
    processed_at timestamptz,
    error_message text,
    created_at timestamptz not null,
    constraint webhook_events_pkey primary key (id),
    constraint webhook_events_source_check check (source in ('stripe', 'custom')),
    constraint webhook_events_status_check check (status in ('pending', 'processed', 'failed')),
    constraint webhook_events_payload_check check (payload::json is not null)
);

comment on table saas.webhook_events is
    'What providers told the installation, before it is known which tenant it is about: the service''s own.';
comment on column saas.webhook_events.id is 'The log position of the event that took it in.';
comment on column saas.webhook_events.event_type is 'In the provider''s words, as in invoice.paid.';
comment on column saas.webhook_events.payload is 'JSON, kept as text.';
comment on column saas.webhook_events.error_message is 'Why it failed.';

create index idx_webhook_events_type on saas.webhook_events (event_type);
create index idx_webhook_events_status on saas.webhook_events (status);
create index idx_webhook_events_created_at on saas.webhook_events (created_at);

create table saas.security_audit_logs (
    id integer not null,
    user_id integer,
    event_type varchar(100) not null,
    severity varchar(20) not null default 'info',
    resource_type varchar(100),
    resource_id varchar(100),
    action varchar(50) not null,
    outcome varchar(20) not null default 'success',
    ip_address inet,
    user_agent text,
    details jsonb,
    created_at timestamptz not null,
    organization_id uuid,
    constraint security_audit_logs_pkey primary key (id),
    constraint security_audit_logs_user_id_fkey foreign key (user_id) references saas.users (id) on delete set null,
    constraint security_audit_logs_severity_check check (severity in ('info', 'warning', 'critical')),
    constraint security_audit_logs_outcome_check check (outcome in ('success', 'failure'))
);

comment on table saas.security_audit_logs is
    'Whatever touched access: accounts, memberships, roles, keys. No contact''s personal data.';
comment on column saas.security_audit_logs.id is 'The log position of the event behind the row.';
comment on column saas.security_audit_logs.user_id is
    'Who did it; null for the service, a program, or an account that is gone.';
comment on column saas.security_audit_logs.event_type is 'The stored name of the event, as in api_key_revoked.';
comment on column saas.security_audit_logs.resource_type is 'What kind of thing it was done to.';
comment on column saas.security_audit_logs.resource_id is 'The thing''s id, in the style of its own table.';
comment on column saas.security_audit_logs.details is 'before and after, as far as they are not secret.';
comment on column saas.security_audit_logs.organization_id is
    'Addition: the tenant; null for what belongs to none, which the service alone sees.';

create index idx_security_audit_logs_user_id on saas.security_audit_logs (user_id);
create index idx_security_audit_logs_event_type on saas.security_audit_logs (event_type);
create index idx_security_audit_logs_severity on saas.security_audit_logs (severity);
create index idx_security_audit_logs_resource on saas.security_audit_logs (resource_type, resource_id);
create index idx_security_audit_logs_created_at on saas.security_audit_logs (created_at);
create index idx_security_audit_logs_organization_id_id on saas.security_audit_logs (organization_id, (id::bigint));

-- Isolation, as in the first file. Key hashes and other people's webhooks are nobody's to read.
grant select, insert, update, delete
    on saas.api_keys, saas.webhook_events, saas.security_audit_logs to schemahub_writer;
grant select (
    id, user_id, name, description, key_prefix, rotation_policy, last_rotated_at, next_rotation_at, rotation_count,
    last_used_at, usage_count, expires_at, is_active, revoked_at, revoked_reason, created_at, updated_at,
    organization_id
) on saas.api_keys to schemahub_app, schemahub_reader;
grant select on saas.security_audit_logs to schemahub_app, schemahub_reader;

alter table saas.api_keys enable row level security;
alter table saas.api_keys force row level security;
alter table saas.webhook_events enable row level security;
alter table saas.webhook_events force row level security;
alter table saas.security_audit_logs enable row level security;
alter table saas.security_audit_logs force row level security;

create policy writer on saas.api_keys to schemahub_writer using (true) with check (true);
create policy writer on saas.webhook_events to schemahub_writer using (true) with check (true);
create policy writer on saas.security_audit_logs to schemahub_writer using (true) with check (true);

create policy tenant on saas.api_keys for select to schemahub_app
    using (organization_id = (select access.current_organization()));
create policy tenant on saas.security_audit_logs for select to schemahub_app
    using (organization_id = (select access.current_organization()));

create policy reader on saas.api_keys for select to schemahub_reader
    using (organization_id = (select access.reader_organization()));
create policy reader on saas.security_audit_logs for select to schemahub_reader
    using (organization_id = (select access.reader_organization()));
