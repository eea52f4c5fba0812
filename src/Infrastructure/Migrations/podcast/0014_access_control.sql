-- Rights that depend on the thing itself: whose it is, what a tenant's policies say, and what came of each attempt.

create table podcast.resource_ownership (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    resource_type varchar(100) not null,
    resource_id uuid not null,
    owner_id uuid not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint resource_ownership_pkey primary key (id),
    constraint resource_ownership_resource_type_resource_id_key unique (resource_type, resource_id),
    constraint resource_ownership_tenant_id_fkey foreign key (tenant_id)
        references podcast.tenants (id) on delete cascade,
    constraint resource_ownership_owner_id_fkey foreign key (owner_id)
        references podcast.users (id) on delete cascade,
    constraint resource_ownership_resource_type_check check (resource_type <> '')
);

comment on table podcast.resource_ownership is 'Whose a thing is. A thing has one owner.';
comment on column podcast.resource_ownership.resource_type is 'The table that resource_id is a row of.';

create index idx_resource_ownership_tenant_id_id on podcast.resource_ownership (tenant_id, id);
create index idx_resource_ownership_owner_id on podcast.resource_ownership (owner_id);

create table podcast.access_control_policies (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    name varchar(100) not null,
    description text,
    policy_definition jsonb not null,
    enabled boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint access_control_policies_pkey primary key (id),
    constraint access_control_policies_tenant_id_fkey foreign key (tenant_id)
        references podcast.tenants (id) on delete cascade,
    constraint access_control_policies_name_check check (name <> ''),
    constraint access_control_policies_policy_definition_check check (jsonb_typeof(policy_definition) = 'object')
);

comment on table podcast.access_control_policies is 'What a tenant allows or forbids by attributes, beside its roles.';
comment on column podcast.access_control_policies.enabled is 'Only what is enabled is applied.';

create index idx_access_control_policies_tenant_id_id on podcast.access_control_policies (tenant_id, id);

create table podcast.access_logs (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    user_id uuid,
    resource_type varchar(100) not null,
    resource_id varchar(255),
    action varchar(100) not null,
    allowed boolean not null,
    reason text,
    ip_address varchar(45),
    user_agent text,
    occurred_at timestamptz not null,
    constraint access_logs_pkey primary key (id),
    constraint access_logs_tenant_id_fkey foreign key (tenant_id) references podcast.tenants (id) on delete cascade,
    constraint access_logs_user_id_fkey foreign key (user_id) references podcast.users (id) on delete set null
);

comment on table podcast.access_logs is 'Who tried to do what, and whether it was allowed. Kept for two years.';
comment on column podcast.access_logs.user_id is 'Null for programs, for strangers, and once the account is gone.';
comment on column podcast.access_logs.resource_id is 'As the resource''s own table writes it; null for a whole list.';
comment on column podcast.access_logs.reason is 'Why, above all where it was refused.';

create index idx_access_logs_tenant_id_occurred_at on podcast.access_logs (tenant_id, occurred_at);
create index idx_access_logs_user_id on podcast.access_logs (user_id);
create index idx_access_logs_occurred_at on podcast.access_logs (occurred_at);

grant select, insert, update, delete
    on podcast.resource_ownership, podcast.access_control_policies, podcast.access_logs to schemahub_writer;
grant select on
    podcast.resource_ownership, podcast.access_control_policies, podcast.access_logs
    to schemahub_app, schemahub_reader;

alter table podcast.resource_ownership enable row level security;
alter table podcast.resource_ownership force row level security;
alter table podcast.access_control_policies enable row level security;
alter table podcast.access_control_policies force row level security;
alter table podcast.access_logs enable row level security;
alter table podcast.access_logs force row level security;

create policy writer on podcast.resource_ownership to schemahub_writer using (true) with check (true);
create policy writer on podcast.access_control_policies to schemahub_writer using (true) with check (true);
create policy writer on podcast.access_logs to schemahub_writer using (true) with check (true);

create policy tenant_isolation on podcast.resource_ownership for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.access_control_policies for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.access_logs for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));

create policy reader on podcast.resource_ownership for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.access_control_policies for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.access_logs for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));

-- The service logs under the tenant it set. Foreign keys do not know tenants, so the policy does.
grant insert on podcast.access_logs to schemahub_app;

create policy ingest on podcast.access_logs for insert to schemahub_app
    with check (
        tenant_id = (select podcast.current_tenant())
        and (user_id is null or user_id = any (array(select podcast.current_members())))
    );
