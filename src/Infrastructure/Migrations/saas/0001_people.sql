-- saas.md, core tables: accounts, roles and what they permit. Written by projections only; no row comes from here.
-- Integer ids are log positions, given by the writer.

create table saas.users (
    id integer not null,
    email varchar not null,
    hashed_password varchar not null,
    first_name varchar(100),
    last_name varchar(100),
    is_active boolean not null default true,
    theme_preference varchar(20),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint users_pkey primary key (id),
    constraint users_email_key unique (email)
);

comment on table saas.users is
    'Accounts: a person has one, in however many teams. The address is compared without case.';
comment on column saas.users.id is 'The log position of the user''s first event; never changes.';
comment on column saas.users.email is 'erased+<id>@erased.invalid once the person was erased.';
comment on column saas.users.hashed_password is 'bcrypt; "!" where no password was set, which no password matches.';
comment on column saas.users.is_active is 'False: may not sign in.';
comment on column saas.users.theme_preference is
    'Deprecated, always null: the document keeps the column for old readers.';

create index idx_users_email on saas.users (email);
create unique index users_email_lower_key on saas.users (lower(email collate "C"));
create index idx_users_first_name on saas.users (first_name);
create index idx_users_last_name on saas.users (last_name);
create index idx_users_is_active on saas.users (is_active);
create index idx_users_created_at on saas.users (created_at);
create index idx_users_updated_at on saas.users (updated_at);

create table saas.roles (
    id integer not null,
    name varchar(100) not null,
    slug varchar(100) not null,
    description text,
    is_system boolean not null default false,
    is_active boolean not null default true,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    organization_id uuid,
    constraint roles_pkey primary key (id),
    constraint roles_name_key unique (name),
    constraint roles_slug_key unique (slug),
    -- Whoever sees a role by its being the system's must not see a tenant's by mistake.
    constraint roles_is_system_check check (is_system = (organization_id is null))
);

comment on table saas.roles is
    'Named bundles of permissions: the system''s, such as superadmin and admin, and each tenant''s own.';
comment on column saas.roles.id is 'The log position of the role''s first event; never changes.';
comment on column saas.roles.name is
    'Unique over all tenants: a tenant''s own role has the organization''s slug in front, acme/Editor.';
comment on column saas.roles.slug is 'Likewise: acme/editor.';
comment on column saas.roles.is_system is 'Given with the installation: everybody sees it, no tenant changes it.';
comment on column saas.roles.is_active is 'False: kept, and grants nothing.';
comment on column saas.roles.organization_id is 'Addition: the tenant whose own role it is; null for the system''s.';

create index idx_roles_name on saas.roles (name);
create index idx_roles_slug on saas.roles (slug);
create index idx_roles_is_active on saas.roles (is_active);
create index idx_roles_organization_id_id on saas.roles (organization_id, (id::bigint));

create table saas.permissions (
    id integer not null,
    resource varchar(100) not null,
    action varchar(50) not null,
    name varchar(200) not null,
    description text,
    created_at timestamptz not null,
    constraint permissions_pkey primary key (id),
    constraint permissions_name_key unique (name),
    constraint permissions_name_check check (name = concat_ws(':', resource, action))
);

comment on table saas.permissions is
    'What may be permitted: an action on a kind of resource. One catalogue for every tenant.';
comment on column saas.permissions.id is 'The log position of the event that added it.';
comment on column saas.permissions.resource is 'What is acted on, as in contacts.';
comment on column saas.permissions.action is 'What is done to it, as in read.';
comment on column saas.permissions.name is 'resource:action.';

create index idx_permissions_resource on saas.permissions (resource);
create index idx_permissions_action on saas.permissions (action);
create index idx_permissions_resource_action on saas.permissions (resource, action);

create table saas.role_permissions (
    id integer not null,
    role_id integer not null,
    permission_id integer not null,
    created_at timestamptz not null,
    organization_id uuid,
    constraint role_permissions_pkey primary key (id),
    constraint idx_role_permissions_unique unique (role_id, permission_id),
    constraint role_permissions_role_id_fkey foreign key (role_id) references saas.roles (id) on delete cascade,
    constraint role_permissions_permission_id_fkey foreign key (permission_id)
        references saas.permissions (id) on delete cascade
);

comment on table saas.role_permissions is 'What a role permits: each permission once.';
comment on column saas.role_permissions.id is 'The log position of the event that granted it.';
comment on column saas.role_permissions.organization_id is
    'Addition: the role''s tenant; null for a role of the system.';

create index idx_role_permissions_role on saas.role_permissions (role_id);
create index idx_role_permissions_permission on saas.role_permissions (permission_id);
create index idx_role_permissions_organization_id_id on saas.role_permissions (organization_id, (id::bigint));

create table saas.user_roles (
    id integer not null,
    user_id integer not null,
    role_id integer not null,
    created_at timestamptz not null,
    organization_id uuid,
    constraint user_roles_pkey primary key (id),
    constraint idx_user_roles_unique unique (user_id, role_id),
    constraint user_roles_user_id_fkey foreign key (user_id) references saas.users (id) on delete cascade,
    constraint user_roles_role_id_fkey foreign key (role_id) references saas.roles (id) on delete cascade
);

comment on table saas.user_roles is
    'Roles a user holds outside of any team. Inside a team, team_members has one more: the rights are their union.';
comment on column saas.user_roles.id is 'The log position of the event that assigned it.';
comment on column saas.user_roles.organization_id is
    'Addition: the role''s tenant; null where a role of the system is held throughout the installation.';

create index idx_user_roles_user on saas.user_roles (user_id);
create index idx_user_roles_role on saas.user_roles (role_id);
create index idx_user_roles_organization_id_id on saas.user_roles (organization_id, (id::bigint));

-- Isolation. The writer projects for every tenant; the service queries under the tenant it set; a reader sees the
-- organization its login belongs to, whatever it sets. Neither has any business with password hashes.
grant usage on schema saas to schemahub_writer, schemahub_app, schemahub_reader;
grant select, insert, update, delete
    on saas.users, saas.roles, saas.permissions, saas.role_permissions, saas.user_roles to schemahub_writer;
grant select (id, email, first_name, last_name, is_active, theme_preference, created_at, updated_at)
    on saas.users to schemahub_app, schemahub_reader;
grant select on saas.roles, saas.permissions, saas.role_permissions, saas.user_roles to schemahub_app, schemahub_reader;

alter table saas.users enable row level security;
alter table saas.users force row level security;
alter table saas.roles enable row level security;
alter table saas.roles force row level security;
alter table saas.permissions enable row level security;
alter table saas.permissions force row level security;
alter table saas.role_permissions enable row level security;
alter table saas.role_permissions force row level security;
alter table saas.user_roles enable row level security;
alter table saas.user_roles force row level security;

create policy writer on saas.users to schemahub_writer using (true) with check (true);
create policy writer on saas.roles to schemahub_writer using (true) with check (true);
create policy writer on saas.permissions to schemahub_writer using (true) with check (true);
create policy writer on saas.role_permissions to schemahub_writer using (true) with check (true);
create policy writer on saas.user_roles to schemahub_writer using (true) with check (true);

create policy tenant on saas.users for select to schemahub_app
    using (id = any (array(select access.current_member_numbers())));
create policy tenant on saas.roles for select to schemahub_app
    using (organization_id is null or organization_id = (select access.current_organization()));
create policy tenant on saas.permissions for select to schemahub_app using (true);
create policy tenant on saas.role_permissions for select to schemahub_app
    using (organization_id is null or organization_id = (select access.current_organization()));
-- A role of the system that a member holds everywhere counts in this tenant too; others' are none of its business.
create policy tenant on saas.user_roles for select to schemahub_app
    using (
        organization_id = (select access.current_organization())
        or (organization_id is null and user_id = any (array(select access.current_member_numbers())))
    );

create policy reader on saas.users for select to schemahub_reader
    using (id = any (array(select access.reader_member_numbers())));
create policy reader on saas.roles for select to schemahub_reader
    using (
        coalesce(organization_id, (select access.reader_organization())) = (select access.reader_organization())
    );
create policy reader on saas.permissions for select to schemahub_reader
    using ((select access.reader_organization()) is not null);
create policy reader on saas.role_permissions for select to schemahub_reader
    using (
        coalesce(organization_id, (select access.reader_organization())) = (select access.reader_organization())
    );
create policy reader on saas.user_roles for select to schemahub_reader
    using (
        organization_id = (select access.reader_organization())
        or (organization_id is null and user_id = any (array(select access.reader_member_numbers())))
    );
