-- What the service knows of accounts, members, roles and keys, whichever published schemas are switched on. Projected
-- from the log; queries read it under the tenant that was set.

alter table access.organizations add column updated_at timestamptz;
alter table access.organizations add column closed_at timestamptz;

comment on column access.organizations.closed_at is 'From then on nobody works in it and its keys open nothing.';

create or replace function access.reader_organization() returns uuid
    language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
    as $$
    select r.organization_id
    from access.readers r
    join access.organizations o on o.id = r.organization_id and o.closed_at is null
    where r.role_name = session_user and r.revoked_at is null
    $$;

comment on function access.reader_organization() is
    'The organization of the login that asks, while it is open and the login not revoked; else null, and so no rows.';

-- What the function above reads as its owner.
create policy owner on access.organizations for select to schemahub_owner using (true);

create table access.users (
    id uuid not null,
    number integer not null,
    email varchar(255) not null,
    name varchar(255),
    first_name varchar(100),
    last_name varchar(100),
    avatar_url varchar(512),
    is_active boolean not null,
    is_verified boolean not null default false,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    removed_at timestamptz,
    constraint pk_users primary key (id),
    constraint uq_users_number unique (number)
);

comment on table access.users is 'Accounts. A person has one, whatever organizations they belong to.';
comment on column access.users.number is 'The integer id of backstage and saas.';
comment on column access.users.is_verified is 'The address is known to be the person''s.';
comment on column access.users.removed_at is 'From then on the row holds nothing personal.';

alter table access.memberships add column role_id uuid;
alter table access.memberships add column role_slug varchar(100);
alter table access.memberships add column joined_at timestamptz;
alter table access.memberships add column suspended_at timestamptz;

comment on column access.memberships.suspended_at is
    'From then on the membership gives no access; null while it does.';

create table access.joined_organizations (
    organization_id uuid not null,
    user_id uuid not null,
    constraint pk_joined_organizations primary key (organization_id, user_id)
);

comment on table access.joined_organizations is
    'The organizations that a person belongs to or belonged to; gone with the account. For the person''s own archive.';

create index idx_joined_organizations_user_id on access.joined_organizations (user_id);

create table access.roles (
    id uuid not null,
    number integer not null,
    organization_id uuid,
    name varchar(100) not null,
    slug varchar(100) not null,
    description text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_roles primary key (id),
    constraint uq_roles_slug unique (slug)
);

comment on table access.roles is 'Roles: of the system (organization_id null), or an organization''s own.';

create table access.permissions (
    id uuid not null,
    number integer not null,
    name varchar(150) not null,
    description text,
    created_at timestamptz not null,
    constraint pk_permissions primary key (id),
    constraint uq_permissions_name unique (name)
);

comment on table access.permissions is 'What can be permitted, as resource:action.';

create table access.role_permissions (
    role_id uuid not null,
    permission varchar(150) not null,
    granted_at timestamptz not null,
    organization_id uuid,
    constraint pk_role_permissions primary key (role_id, permission)
);

comment on table access.role_permissions is 'What the holders of a role may do.';

alter table access.api_keys add column number integer;
alter table access.api_keys add column user_id uuid;
alter table access.api_keys add column description text;
alter table access.api_keys add column expires_at timestamptz;
alter table access.api_keys add column rotation_policy varchar(50) not null default 'manual';
alter table access.api_keys add column last_rotated_at timestamptz;
alter table access.api_keys add column next_rotation_at timestamptz;
alter table access.api_keys add column revoked_at timestamptz;
alter table access.api_keys add column revoked_reason text;

create index idx_roles_organization_id on access.roles (organization_id);
create index idx_role_permissions_organization_id on access.role_permissions (organization_id);

grant select, insert, update, delete
    on access.users, access.roles, access.permissions, access.role_permissions, access.joined_organizations
    to schemahub_writer;
grant delete on access.organizations, access.organization_owners, access.api_keys to schemahub_writer;
grant select
    on access.organizations, access.organization_owners, access.memberships, access.roles, access.permissions,
    access.role_permissions
    to schemahub_app;
-- What membership shows of a person. Whether and how they sign in is no organization's to know.
grant select (id, number, email, name, first_name, last_name, avatar_url, removed_at) on access.users to schemahub_app;
grant select (
    id, organization_id, name, prefix, created_at, number, user_id, description, expires_at, rotation_policy,
    last_rotated_at, next_rotation_at, revoked_at, revoked_reason
) on access.api_keys to schemahub_app;

alter table access.users enable row level security;
alter table access.users force row level security;
alter table access.joined_organizations enable row level security;
alter table access.joined_organizations force row level security;
alter table access.roles enable row level security;
alter table access.roles force row level security;
alter table access.permissions enable row level security;
alter table access.permissions force row level security;
alter table access.role_permissions enable row level security;
alter table access.role_permissions force row level security;

create policy writer on access.users to schemahub_writer using (true) with check (true);
create policy writer on access.joined_organizations to schemahub_writer using (true) with check (true);
create policy writer on access.roles to schemahub_writer using (true) with check (true);
create policy writer on access.permissions to schemahub_writer using (true) with check (true);
create policy writer on access.role_permissions to schemahub_writer using (true) with check (true);

create policy tenant on access.organizations for select to schemahub_app
    using (id = (select access.current_organization()));
create policy tenant on access.organization_owners for select to schemahub_app
    using (organization_id = (select access.current_organization()));
create policy tenant on access.memberships for select to schemahub_app
    using (organization_id = (select access.current_organization()));
-- As an array, which the primary key can look up; with "in (select …)" everybody is read.
create policy tenant on access.users for select to schemahub_app
    using (id = any (array(select access.current_members())));
create policy tenant on access.roles for select to schemahub_app
    using (organization_id is null or organization_id = (select access.current_organization()));
create policy tenant on access.permissions for select to schemahub_app using (true);
create policy tenant on access.role_permissions for select to schemahub_app
    using (organization_id is null or organization_id = (select access.current_organization()));
create policy tenant on access.api_keys for select to schemahub_app
    using (organization_id = (select access.current_organization()));
