-- Who did what, what looked like an attack, and what people asked us to do with their data.

create table podcast.audit_logs (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid,
    user_id uuid,
    action varchar(100) not null,
    resource_type varchar(100) not null,
    resource_id text,
    changes jsonb,
    ip_address inet,
    user_agent text,
    occurred_at timestamptz not null default now(),
    constraint audit_logs_pkey primary key (id),
    constraint audit_logs_tenant_id_fkey foreign key (tenant_id) references podcast.tenants (id) on delete set null,
    constraint audit_logs_user_id_fkey foreign key (user_id) references podcast.users (id) on delete set null,
    constraint audit_logs_action_check check (action <> ''),
    constraint audit_logs_resource_type_check check (resource_type <> '')
);

comment on table podcast.audit_logs is
    'Every change, once: who changed what, from what to what. No contact''s personal data; an import is one row.';
comment on column podcast.audit_logs.id is 'The id of the event behind the row.';
comment on column podcast.audit_logs.tenant_id is
    'Null for a change of the installation itself, and once the tenant is gone: then only the service sees the row.';
comment on column podcast.audit_logs.user_id is
    'Who did it; null for the service, for an API key and for nobody known.';
comment on column podcast.audit_logs.action is 'What was done, for example create, update or delete.';
comment on column podcast.audit_logs.resource_id is 'In the style of the thing''s own id; null where it has none.';
comment on column podcast.audit_logs.changes is 'Each changed field with its value before and after.';
comment on column podcast.audit_logs.user_agent is 'As the caller''s program names itself.';

create index idx_audit_logs_tenant_id_occurred_at_id on podcast.audit_logs (tenant_id, occurred_at, id);
create index idx_audit_logs_tenant_id_resource_type_resource_id
    on podcast.audit_logs (tenant_id, resource_type, resource_id);
create index idx_audit_logs_user_id on podcast.audit_logs (user_id);
create index idx_audit_logs_occurred_at on podcast.audit_logs (occurred_at);

create table podcast.security_events (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid,
    user_id uuid,
    event_type varchar(100) not null,
    severity varchar(20) not null default 'info',
    details jsonb,
    ip_address inet,
    user_agent text,
    occurred_at timestamptz not null default now(),
    constraint security_events_pkey primary key (id),
    constraint security_events_tenant_id_fkey foreign key (tenant_id)
        references podcast.tenants (id) on delete set null,
    constraint security_events_user_id_fkey foreign key (user_id) references podcast.users (id) on delete set null,
    constraint security_events_event_type_check check (event_type <> ''),
    constraint security_events_severity_check check (severity in ('info', 'low', 'medium', 'high', 'critical'))
);

comment on table podcast.security_events is 'Whatever touches access: accounts, roles, keys, refused attempts.';
comment on column podcast.security_events.tenant_id is
    'Null where no tenant is known, as when somebody unknown tries to sign in, and once the tenant is gone.';
comment on column podcast.security_events.user_id is 'Whom it concerns or who did it; null where nobody is known.';
comment on column podcast.security_events.event_type is 'What happened, for example role_assigned or api_key_created.';
comment on column podcast.security_events.details is
    'What else is known about it; no secrets, no contact''s personal data.';

create index idx_security_events_tenant_id_occurred_at_id on podcast.security_events (tenant_id, occurred_at, id);
create index idx_security_events_user_id on podcast.security_events (user_id);
create index idx_security_events_occurred_at on podcast.security_events (occurred_at);

create table podcast.gdpr_requests (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    user_id uuid,
    request_type varchar(20) not null,
    status varchar(20) not null default 'pending',
    requested_at timestamptz not null default now(),
    completed_at timestamptz,
    notes varchar(4000),
    constraint gdpr_requests_pkey primary key (id),
    constraint gdpr_requests_tenant_id_fkey foreign key (tenant_id) references podcast.tenants (id) on delete restrict,
    constraint gdpr_requests_user_id_fkey foreign key (user_id) references podcast.users (id) on delete restrict,
    constraint gdpr_requests_request_type_check check (
        request_type in ('access', 'rectification', 'erasure', 'restriction', 'portability', 'objection')
    ),
    constraint gdpr_requests_status_check check (
        status in ('pending', 'in_progress', 'completed', 'rejected', 'cancelled')
    )
);

comment on table podcast.gdpr_requests is 'What people demanded under the GDPR, and that it was done: legal evidence.';
comment on column podcast.gdpr_requests.user_id is
    'Who asks; null for somebody without an account, such as a listener.';
comment on column podcast.gdpr_requests.request_type is 'The right that is used: GDPR articles 15 to 18, 20 and 21.';
comment on column podcast.gdpr_requests.completed_at is 'When it was done; null until then.';
comment on column podcast.gdpr_requests.notes is 'For those who work on it; not for the data that is asked about.';

create index idx_gdpr_requests_tenant_id_id on podcast.gdpr_requests (tenant_id, id);
create index idx_gdpr_requests_tenant_id_status_id on podcast.gdpr_requests (tenant_id, status, id);
create index idx_gdpr_requests_user_id on podcast.gdpr_requests (user_id);

grant select, insert, update, delete
    on podcast.audit_logs, podcast.security_events, podcast.gdpr_requests to schemahub_writer;
grant select
    on podcast.audit_logs, podcast.security_events, podcast.gdpr_requests to schemahub_app, schemahub_reader;

alter table podcast.audit_logs enable row level security;
alter table podcast.audit_logs force row level security;
alter table podcast.security_events enable row level security;
alter table podcast.security_events force row level security;
alter table podcast.gdpr_requests enable row level security;
alter table podcast.gdpr_requests force row level security;

create policy writer on podcast.audit_logs to schemahub_writer using (true) with check (true);
create policy writer on podcast.security_events to schemahub_writer using (true) with check (true);
create policy writer on podcast.gdpr_requests to schemahub_writer using (true) with check (true);

create policy tenant_isolation on podcast.audit_logs for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.security_events for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.gdpr_requests for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));

create policy reader on podcast.audit_logs for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.security_events for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.gdpr_requests for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
