-- What the service itself needs to let people and programs in. Projected from the log; published by later schemas.

create table access.organizations (
    id uuid not null,
    name varchar(200) not null,
    slug varchar(63) not null,
    created_at timestamptz not null,
    constraint pk_organizations primary key (id),
    constraint uq_organizations_slug unique (slug)
);

comment on table access.organizations is 'The tenants.';

create table access.organization_owners (
    organization_id uuid not null,
    since_sequence bigint not null,
    user_id integer not null,
    constraint pk_organization_owners primary key (organization_id, since_sequence)
);

comment on table access.organization_owners is
    'Who owned an organization from which log position on: backstage rows carry the owner of their time.';

create table access.api_keys (
    id uuid not null,
    organization_id uuid not null,
    name varchar(100) not null,
    prefix varchar(16) not null,
    key_hash bytea not null,
    created_at timestamptz not null,
    constraint pk_api_keys primary key (id),
    constraint uq_api_keys_key_hash unique (key_hash)
);

comment on column access.api_keys.key_hash is 'SHA-256 of the key; the key itself was shown once.';

create index idx_api_keys_organization_id on access.api_keys (organization_id);

create table access.readers (
    role_name name not null,
    organization_id uuid not null,
    created_at timestamptz not null,
    revoked_at timestamptz,
    constraint pk_readers primary key (role_name)
);

comment on table access.readers is
    'Which organization a SQL reader''s login may see: its policies trust session_user, not a setting.';
comment on column access.readers.revoked_at is
    'From then on the login sees no rows and opens no session; the row goes when the role is dropped.';

create function access.reader_organization() returns uuid
    language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
    as $$ select r.organization_id from access.readers r where r.role_name = session_user $$;

comment on function access.reader_organization() is
    'The organization of the login that asks; null, and so no rows, for everybody else.';

revoke all on function access.reader_organization() from public;
grant execute on function access.reader_organization() to schemahub_reader;

create function access.current_organization() returns uuid
    language sql stable parallel safe set search_path = pg_catalog
    as $$ select nullif(current_setting('app.current_tenant', true), '')::uuid $$;

comment on function access.current_organization() is
    'The tenant the service set for this transaction; null, and so no rows, where none is set.';

revoke all on function access.current_organization() from public;
grant execute on function access.current_organization() to schemahub_app;

create function access.current_owners() returns setof integer
    language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
    as $$ select o.user_id from access.organization_owners o where o.organization_id = access.current_organization() $$;

create function access.reader_owners() returns setof integer
    language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
    as $$ select o.user_id from access.organization_owners o where o.organization_id = access.reader_organization() $$;

comment on function access.current_owners() is 'Past and present owners of the tenant the service set.';
comment on function access.reader_owners() is 'Past and present owners of the organization the login belongs to.';

revoke all on function access.current_owners() from public;
revoke all on function access.reader_owners() from public;
grant execute on function access.current_owners() to schemahub_app;
grant execute on function access.reader_owners() to schemahub_reader;

grant usage on schema access to schemahub_writer, schemahub_app, schemahub_reader;
grant select, insert, update on access.organizations, access.organization_owners, access.api_keys to schemahub_writer;
grant select on access.readers to schemahub_writer;

alter table access.organizations enable row level security;
alter table access.organizations force row level security;
alter table access.organization_owners enable row level security;
alter table access.organization_owners force row level security;
alter table access.api_keys enable row level security;
alter table access.api_keys force row level security;
alter table access.readers enable row level security;

create policy writer on access.organizations to schemahub_writer using (true) with check (true);
create policy writer on access.organization_owners to schemahub_writer using (true) with check (true);
create policy writer on access.api_keys to schemahub_writer using (true) with check (true);
create policy writer on access.readers for select to schemahub_writer using (true);

-- What the functions above read as their owner, and the administrator, a member of the owner, writes.
create policy owner on access.organization_owners for select to schemahub_owner using (true);
create policy owner on access.readers to schemahub_owner using (true) with check (true);
alter table access.readers force row level security;
