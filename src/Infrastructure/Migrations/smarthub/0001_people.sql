-- smarthub.md: users, roles and who holds which. Written by projections only; no row comes from here.
-- The tables of the document say TIMESTAMP and its list of data types says with timezone: they are with.

create function smarthub.current_user_id() returns uuid
    language sql stable parallel safe set search_path = pg_catalog
    as $$ select nullif(current_setting('app.current_user_id', true), '')::uuid $$;

comment on function smarthub.current_user_id() is
    'The user the service set for this transaction; null, and so no rows, where none is set.';

-- Not to readers, who could set whom they please.
revoke all on function smarthub.current_user_id() from public;
grant execute on function smarthub.current_user_id() to schemahub_app;

create table smarthub.users (
    id uuid not null default gen_random_uuid(),
    email varchar(255) not null,
    username varchar(100) not null,
    password_hash varchar(255) not null,
    first_name varchar(100),
    last_name varchar(100),
    avatar_url varchar(512),
    is_active boolean default true,
    email_verified boolean default false,
    email_verified_at timestamptz,
    last_login_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    constraint users_pkey primary key (id),
    constraint users_email_key unique (email),
    constraint users_username_key unique (username),
    -- What the domain takes for an address has more characters before the @, A-labels after it, and no pipe at its end.
    constraint email_format check (
        email ~* '^[^[:space:]@"()<>]+@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+(?![0-9]+$)[a-z0-9]([a-z0-9-]*[a-z0-9])?$'
    )
);

comment on table smarthub.users is 'Accounts: a person has one, in however many organizations.';
comment on column smarthub.users.id is 'The id of the user''s stream.';
comment on column smarthub.users.email is
    'Compared without case. erased+<id>@erased.invalid once the user was deleted or erased: the address is free again.';
comment on column smarthub.users.username is
    'The name on display, unique; rewritten like email once the user was deleted.';
comment on column smarthub.users.password_hash is 'bcrypt; "!" where no password was set, which no password matches.';
comment on column smarthub.users.is_active is 'False: may not sign in.';
comment on column smarthub.users.deleted_at is 'When the account was deleted; the row stays for what points to it.';

create index idx_users_email on smarthub.users (email);
create unique index users_email_lower_key on smarthub.users (lower(email));
create index idx_users_username on smarthub.users (username);
create index idx_users_is_active on smarthub.users (is_active);
create index idx_users_created_at on smarthub.users (created_at desc);

create table smarthub.roles (
    id uuid not null default gen_random_uuid(),
    name varchar(100) not null,
    description text,
    is_system boolean default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    organization_id uuid,
    constraint roles_pkey primary key (id),
    constraint roles_name_key unique (name),
    -- Whoever sees a role by its being the system's must not see a tenant's by mistake.
    constraint roles_is_system_check check (is_system is not distinct from (organization_id is null))
);

comment on table smarthub.roles is 'The system''s roles (admin, user, viewer, moderator) and each tenant''s own.';
comment on column smarthub.roles.id is 'The id of the role''s stream.';
comment on column smarthub.roles.name is
    'Unique over all tenants: a tenant''s own role has the organization''s slug in front, acme/editor.';
comment on column smarthub.roles.is_system is 'Given with the installation: everybody sees it, no tenant changes it.';
comment on column smarthub.roles.organization_id is
    'Addition: the tenant whose own role it is; null for the system''s.';

create index idx_roles_name on smarthub.roles (name);
create index idx_roles_organization_id on smarthub.roles (organization_id);

create table smarthub.user_roles (
    id uuid not null default gen_random_uuid(),
    user_id uuid not null,
    role_id uuid not null,
    assigned_at timestamptz not null default now(),
    assigned_by uuid,
    organization_id uuid,
    constraint user_roles_pkey primary key (id),
    -- Within one organization: whether somebody is an admin elsewhere is not this tenant's to learn.
    constraint user_roles_user_id_role_id_key unique nulls not distinct (user_id, role_id, organization_id),
    constraint user_roles_user_id_fkey foreign key (user_id) references smarthub.users (id) on delete cascade,
    constraint user_roles_role_id_fkey foreign key (role_id) references smarthub.roles (id) on delete cascade,
    constraint user_roles_assigned_by_fkey foreign key (assigned_by) references smarthub.users (id) on delete set null
);

comment on table smarthub.user_roles is 'Which roles a user holds in which organization.';
comment on column smarthub.user_roles.assigned_by is
    'Who assigned it; null for the service, or an account that is gone.';
comment on column smarthub.user_roles.organization_id is
    'Addition: the tenant in which the role is held; null where it is held throughout the installation.';

create index idx_user_roles_user_id on smarthub.user_roles (user_id);
create index idx_user_roles_role_id on smarthub.user_roles (role_id);
create index idx_user_roles_composite on smarthub.user_roles (user_id, role_id);
create index idx_user_roles_assigned_by on smarthub.user_roles (assigned_by);
create index idx_user_roles_organization_id on smarthub.user_roles (organization_id);

-- Isolation. The writer projects for every tenant. The service queries under the tenant it set, for those who may see
-- all of it, or under the user it set, for everybody else. A reader sees the organization its login belongs to,
-- whatever it sets. Neither has any business with password hashes.
grant usage on schema smarthub to schemahub_writer, schemahub_app, schemahub_reader;
grant select, insert, update, delete on smarthub.users, smarthub.roles, smarthub.user_roles to schemahub_writer;
-- When a person signs in is no organization's to know: they may sign in for the sake of another one.
grant select (
    id, email, username, first_name, last_name, avatar_url, is_active, email_verified, email_verified_at, created_at,
    updated_at, deleted_at
) on smarthub.users to schemahub_app, schemahub_reader;
grant select on smarthub.roles, smarthub.user_roles to schemahub_app, schemahub_reader;

alter table smarthub.users enable row level security;
alter table smarthub.users force row level security;
alter table smarthub.roles enable row level security;
alter table smarthub.roles force row level security;
alter table smarthub.user_roles enable row level security;
alter table smarthub.user_roles force row level security;

create policy writer on smarthub.users to schemahub_writer using (true) with check (true);
create policy writer on smarthub.roles to schemahub_writer using (true) with check (true);
create policy writer on smarthub.user_roles to schemahub_writer using (true) with check (true);

-- Where a tenant was set, too, it is the tenant that counts: two settings never show more than one of them.
create policy user_isolation on smarthub.users for select to schemahub_app
    using (id = smarthub.current_user_id() and (select access.current_organization()) is null);
create policy tenant on smarthub.users for select to schemahub_app
    using (id = any (array(select access.current_members())));
create policy tenant on smarthub.roles for select to schemahub_app
    using (organization_id is null or organization_id = (select access.current_organization()));
-- A role that a member holds everywhere counts in this tenant too; other people's are none of its business.
create policy tenant on smarthub.user_roles for select to schemahub_app
    using (
        organization_id = (select access.current_organization())
        or (organization_id is null and user_id = any (array(select access.current_members())))
    );

create policy reader on smarthub.users for select to schemahub_reader
    using (id = any (array(select access.reader_members())));
create policy reader on smarthub.roles for select to schemahub_reader
    using (
        coalesce(organization_id, (select access.reader_organization())) = (select access.reader_organization())
    );
create policy reader on smarthub.user_roles for select to schemahub_reader
    using (
        organization_id = (select access.reader_organization())
        or (organization_id is null and user_id = any (array(select access.reader_members())))
    );
