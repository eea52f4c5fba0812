-- Other systems: what is connected, with which secrets, and what went over.

create table podcast.integrations (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    name varchar(200) not null,
    integration_type varchar(50) not null,
    status varchar(20) not null default 'pending',
    configuration jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint integrations_pkey primary key (id),
    constraint integrations_tenant_id_fkey foreign key (tenant_id) references podcast.tenants (id) on delete cascade,
    constraint integrations_name_check check (name <> ''),
    constraint integrations_integration_type_check check (integration_type <> ''),
    constraint integrations_status_check check (status in ('pending', 'active', 'inactive', 'error')),
    constraint integrations_configuration_check check (jsonb_typeof(configuration) = 'object')
);

comment on table podcast.integrations is 'The systems a tenant connected.';
comment on column podcast.integrations.integration_type is 'Which system, for example a hosting platform''s name.';
comment on column podcast.integrations.configuration is
    'A JSON object; secrets do not belong here but in integration_tokens.';

create index idx_integrations_tenant_id_id on podcast.integrations (tenant_id, id);
create index idx_integrations_tenant_id_status_id on podcast.integrations (tenant_id, status, id);

create table podcast.integration_tokens (
    id uuid not null default public.uuid_generate_v4(),
    integration_id uuid not null,
    token_type varchar(50) not null,
    token_value_encrypted text not null,
    expires_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    tenant_id uuid not null,
    constraint integration_tokens_pkey primary key (id),
    constraint integration_tokens_integration_id_fkey foreign key (integration_id)
        references podcast.integrations (id) on delete cascade,
    constraint integration_tokens_tenant_id_fkey foreign key (tenant_id)
        references podcast.tenants (id) on delete cascade,
    constraint integration_tokens_token_type_check check (token_type <> '')
);

comment on table podcast.integration_tokens is 'What a connected system wants to see from us; encrypted.';
comment on column podcast.integration_tokens.token_type is 'What the token is for, for example access or refresh.';
comment on column podcast.integration_tokens.token_value_encrypted is
    'AES-256-GCM, as text with the id of its key in front; only the service reads it.';
comment on column podcast.integration_tokens.expires_at is 'Null where the other side names no end.';
comment on column podcast.integration_tokens.tenant_id is 'Addition: the integration''s tenant, for isolation.';

create index idx_integration_tokens_integration_id_id on podcast.integration_tokens (integration_id, id);
create index idx_integration_tokens_tenant_id_id on podcast.integration_tokens (tenant_id, id);

create table podcast.webhooks (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    integration_id uuid,
    url varchar(2048) not null,
    event_types text[] not null default '{}',
    secret text not null,
    enabled boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint webhooks_pkey primary key (id),
    constraint webhooks_tenant_id_fkey foreign key (tenant_id) references podcast.tenants (id) on delete cascade,
    constraint webhooks_integration_id_fkey foreign key (integration_id)
        references podcast.integrations (id) on delete cascade,
    constraint webhooks_url_check check (url ~ '^https?://')
);

comment on table podcast.webhooks is 'Addresses of others that we tell what happened.';
comment on column podcast.webhooks.integration_id is 'The integration it belongs to; null where it stands alone.';
comment on column podcast.webhooks.event_types is 'The names of what is told; empty: nothing.';
comment on column podcast.webhooks.secret is
    'What our calls are signed with, encrypted like integration_tokens; only the service reads it.';
comment on column podcast.webhooks.enabled is 'False: nothing is sent, and nothing is sent later for that time.';

create index idx_webhooks_tenant_id_id on podcast.webhooks (tenant_id, id);
create index idx_webhooks_integration_id_id on podcast.webhooks (integration_id, id);

create table podcast.integration_sync_logs (
    id uuid not null default public.uuid_generate_v4(),
    integration_id uuid not null,
    sync_type varchar(50) not null,
    status varchar(20) not null default 'running',
    records_synced integer not null default 0,
    error_message text,
    started_at timestamptz not null default now(),
    completed_at timestamptz,
    tenant_id uuid not null,
    constraint integration_sync_logs_pkey primary key (id),
    constraint integration_sync_logs_integration_id_fkey foreign key (integration_id)
        references podcast.integrations (id) on delete cascade,
    constraint integration_sync_logs_tenant_id_fkey foreign key (tenant_id)
        references podcast.tenants (id) on delete cascade,
    constraint integration_sync_logs_sync_type_check check (sync_type <> ''),
    constraint integration_sync_logs_status_check check (status in ('running', 'completed', 'failed', 'cancelled')),
    constraint integration_sync_logs_records_synced_check check (records_synced >= 0)
);

comment on table podcast.integration_sync_logs is 'One row per exchange with a connected system.';
comment on column podcast.integration_sync_logs.sync_type is
    'What was exchanged and how, for example full or incremental.';
comment on column podcast.integration_sync_logs.completed_at is 'When it ended, well or not; null while it runs.';
comment on column podcast.integration_sync_logs.tenant_id is 'Addition: the integration''s tenant, for isolation.';

create index idx_integration_sync_logs_integration_id_id on podcast.integration_sync_logs (integration_id, id);
create index idx_integration_sync_logs_tenant_id_id on podcast.integration_sync_logs (tenant_id, id);
create index idx_integration_sync_logs_tenant_id_status_id on podcast.integration_sync_logs (tenant_id, status, id);

create table podcast.etl_imports (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    import_type varchar(50) not null,
    source varchar(2048),
    status varchar(20) not null default 'pending',
    records_imported integer not null default 0,
    error_message text,
    started_at timestamptz,
    completed_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint etl_imports_pkey primary key (id),
    constraint etl_imports_tenant_id_fkey foreign key (tenant_id) references podcast.tenants (id) on delete cascade,
    constraint etl_imports_import_type_check check (import_type <> ''),
    constraint etl_imports_status_check check (
        status in ('pending', 'running', 'completed', 'failed', 'cancelled')
    ),
    constraint etl_imports_records_imported_check check (records_imported >= 0)
);

comment on table podcast.etl_imports is 'One row per import of somebody else''s data, whatever became of it.';
comment on column podcast.etl_imports.import_type is 'What is imported, for example contacts or listener_events.';
comment on column podcast.etl_imports.source is
    'Where it came from: a file''s name or an address, without its password.';
comment on column podcast.etl_imports.started_at is 'Null while it waits.';
comment on column podcast.etl_imports.completed_at is 'When it ended, well or not; null until then.';

create index idx_etl_imports_tenant_id_id on podcast.etl_imports (tenant_id, id);
create index idx_etl_imports_tenant_id_status_id on podcast.etl_imports (tenant_id, status, id);

grant select, insert, update, delete
    on podcast.integrations, podcast.integration_tokens, podcast.webhooks, podcast.integration_sync_logs,
    podcast.etl_imports
    to schemahub_writer;
grant select
    on podcast.integrations, podcast.integration_sync_logs, podcast.etl_imports to schemahub_app, schemahub_reader;
-- Nobody but the writer has any business with secrets, encrypted or not.
grant select (id, integration_id, token_type, expires_at, created_at, updated_at, tenant_id)
    on podcast.integration_tokens to schemahub_app, schemahub_reader;
grant select (id, tenant_id, integration_id, url, event_types, enabled, created_at, updated_at)
    on podcast.webhooks to schemahub_app, schemahub_reader;

alter table podcast.integrations enable row level security;
alter table podcast.integrations force row level security;
alter table podcast.integration_tokens enable row level security;
alter table podcast.integration_tokens force row level security;
alter table podcast.webhooks enable row level security;
alter table podcast.webhooks force row level security;
alter table podcast.integration_sync_logs enable row level security;
alter table podcast.integration_sync_logs force row level security;
alter table podcast.etl_imports enable row level security;
alter table podcast.etl_imports force row level security;

create policy writer on podcast.integrations to schemahub_writer using (true) with check (true);
create policy writer on podcast.integration_tokens to schemahub_writer using (true) with check (true);
create policy writer on podcast.webhooks to schemahub_writer using (true) with check (true);
create policy writer on podcast.integration_sync_logs to schemahub_writer using (true) with check (true);
create policy writer on podcast.etl_imports to schemahub_writer using (true) with check (true);

create policy tenant_isolation on podcast.integrations for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.integration_tokens for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.webhooks for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.integration_sync_logs for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.etl_imports for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));

create policy reader on podcast.integrations for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.integration_tokens for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.webhooks for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.integration_sync_logs for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.etl_imports for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
