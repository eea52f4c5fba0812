-- What API keys may do, the secret before the present one, and how they are used.

alter table access.api_keys add column scopes text[];
alter table access.api_keys add column previous_key_hash bytea;
alter table access.api_keys add column previous_until timestamptz;
alter table access.api_keys add column rotation_noticed_at timestamptz;
alter table access.api_keys add column made_by uuid;
alter table access.api_keys add column previous_made_by uuid;
alter table access.api_keys add column made_by_key uuid;

comment on column access.api_keys.scopes is
    'The permissions the key carries, as far as its holder has them; null: all that its holder has.';
comment on column access.api_keys.previous_key_hash is
    'SHA-256 of the secret before the present one, which opens until previous_until.';
comment on column access.api_keys.made_by is
    'The person who was shown the secret: it opens nothing once they are no member. Null: the operator.';
comment on column access.api_keys.previous_made_by is 'The same of the secret before the present one.';
comment on column access.api_keys.made_by_key is
    'The key that made this one: this one opens nothing once that is revoked.';
comment on column access.api_keys.rotation_noticed_at is
    'When it was noted that the policy wants another secret; null where it does not yet.';

create unique index uq_api_keys_previous_key_hash on access.api_keys (previous_key_hash);
create index idx_api_keys_made_by_key on access.api_keys (made_by_key);

create table access.user_roles (
    user_id uuid not null,
    role_id uuid not null,
    role_slug varchar(100) not null,
    constraint pk_user_roles primary key (user_id, role_id)
);

comment on table access.user_roles is 'Which of the system''s roles a person holds throughout the installation.';

create table access.key_usage (
    key_id uuid not null,
    organization_id uuid not null,
    usage_count bigint not null,
    last_used_at timestamptz not null,
    constraint pk_key_usage primary key (key_id)
);

comment on table access.key_usage is
    'How often a key was used and when last. Counted in memory and written every few seconds; not from the log.';

create table access.key_networks (
    key_id uuid not null,
    network cidr not null,
    organization_id uuid not null,
    first_seen_at timestamptz not null,
    constraint pk_key_networks primary key (key_id, network)
);

comment on table access.key_networks is
    'The networks a key was used from, of IPv4 the first 24 bits and of IPv6 the first 48. Not from the log.';

create index idx_key_usage_organization_id on access.key_usage (organization_id);
create index idx_key_networks_organization_id on access.key_networks (organization_id);

grant select, insert, update, delete on access.user_roles, access.key_usage, access.key_networks to schemahub_writer;
grant select on access.key_usage to schemahub_app;
grant select (scopes, previous_until, made_by, previous_made_by) on access.api_keys to schemahub_app;

alter table access.user_roles enable row level security;
alter table access.user_roles force row level security;
alter table access.key_usage enable row level security;
alter table access.key_usage force row level security;
alter table access.key_networks enable row level security;
alter table access.key_networks force row level security;

create policy writer on access.user_roles to schemahub_writer using (true) with check (true);
create policy writer on access.key_usage to schemahub_writer using (true) with check (true);
create policy writer on access.key_networks to schemahub_writer using (true) with check (true);
create policy tenant on access.key_usage for select to schemahub_app
    using (organization_id = (select access.current_organization()));
