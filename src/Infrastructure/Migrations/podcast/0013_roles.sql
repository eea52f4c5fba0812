-- Who may do what: roles, what they allow, and who holds them.

create table podcast.roles (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    name varchar(100) not null,
    description text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint roles_pkey primary key (id),
    constraint roles_tenant_id_fkey foreign key (tenant_id) references podcast.tenants (id) on delete cascade,
    constraint roles_name_check check (name <> '')
);

comment on table podcast.roles is 'The roles of a tenant, its own copy of the system''s included.';
comment on column podcast.roles.tenant_id is
    'Never null: user_roles holds a person and a role once, and a person may hold one system role in two tenants.';

create index idx_roles_tenant_id_id on podcast.roles (tenant_id, id);

create table podcast.permissions (
    id uuid not null default public.uuid_generate_v4(),
    name varchar(100) not null,
    description text,
    resource_type varchar(100) not null,
    action varchar(100) not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint permissions_pkey primary key (id),
    constraint permissions_name_key unique (name),
    constraint permissions_name_check check (name <> '')
);

comment on table podcast.permissions is 'What a role can allow: a list of the system, the same for all tenants.';
comment on column podcast.permissions.action is 'What may be done to things of resource_type.';

create table podcast.user_roles (
    user_id uuid not null,
    role_id uuid not null,
    assigned_at timestamptz not null default now(),
    assigned_by uuid,
    tenant_id uuid not null,
    constraint user_roles_pkey primary key (user_id, role_id),
    constraint user_roles_user_id_fkey foreign key (user_id) references podcast.users (id) on delete cascade,
    constraint user_roles_role_id_fkey foreign key (role_id) references podcast.roles (id) on delete cascade,
    constraint user_roles_assigned_by_fkey foreign key (assigned_by) references podcast.users (id) on delete set null,
    constraint user_roles_tenant_id_fkey foreign key (tenant_id) references podcast.tenants (id) on delete cascade
);

comment on table podcast.user_roles is 'Who holds which role. A member of a tenant is known there by these.';
comment on column podcast.user_roles.assigned_by is 'Null where the system did it, and once that account is gone.';
comment on column podcast.user_roles.tenant_id is 'Addition: the role''s tenant, for isolation.';

create index idx_user_roles_role_id on podcast.user_roles (role_id);
create index idx_user_roles_assigned_by on podcast.user_roles (assigned_by);
create index idx_user_roles_tenant_id_user_id on podcast.user_roles (tenant_id, user_id);

create table podcast.role_permissions (
    role_id uuid not null,
    permission_id uuid not null,
    granted_at timestamptz not null default now(),
    tenant_id uuid not null,
    constraint role_permissions_pkey primary key (role_id, permission_id),
    constraint role_permissions_role_id_fkey foreign key (role_id) references podcast.roles (id) on delete cascade,
    constraint role_permissions_permission_id_fkey foreign key (permission_id)
        references podcast.permissions (id) on delete cascade,
    constraint role_permissions_tenant_id_fkey foreign key (tenant_id)
        references podcast.tenants (id) on delete cascade
);

comment on table podcast.role_permissions is 'Which role allows what.';
comment on column podcast.role_permissions.tenant_id is 'Addition: the role''s tenant, for isolation.';

create index idx_role_permissions_permission_id on podcast.role_permissions (permission_id);
create index idx_role_permissions_tenant_id_role_id on podcast.role_permissions (tenant_id, role_id);

grant select, insert, update, delete on podcast.roles, podcast.user_roles, podcast.role_permissions to schemahub_writer;
grant select on podcast.roles, podcast.user_roles, podcast.role_permissions to schemahub_app, schemahub_reader;

alter table podcast.roles enable row level security;
alter table podcast.roles force row level security;
alter table podcast.user_roles enable row level security;
alter table podcast.user_roles force row level security;
alter table podcast.role_permissions enable row level security;
alter table podcast.role_permissions force row level security;

create policy writer on podcast.roles to schemahub_writer using (true) with check (true);
create policy writer on podcast.user_roles to schemahub_writer using (true) with check (true);
create policy writer on podcast.role_permissions to schemahub_writer using (true) with check (true);

create policy tenant_isolation on podcast.roles for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.user_roles for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.role_permissions for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));

create policy reader on podcast.roles for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.user_roles for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.role_permissions for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));

-- The list of permissions is the same for everybody.
grant select, insert, update, delete on podcast.permissions to schemahub_writer;
grant select on podcast.permissions to schemahub_app, schemahub_reader;
alter table podcast.permissions enable row level security;
alter table podcast.permissions force row level security;
create policy writer on podcast.permissions to schemahub_writer using (true) with check (true);
create policy tenant on podcast.permissions for select to schemahub_app using (true);
create policy reader on podcast.permissions for select to schemahub_reader
    using ((select access.reader_organization()) is not null);
