-- Tenants: the organizations, under the same uuid.

create table podcast.tenants (
    id uuid not null default public.uuid_generate_v4(),
    name varchar(200) not null,
    slug varchar(63) not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint tenants_pkey primary key (id),
    constraint tenants_slug_key unique (slug)
);

comment on table podcast.tenants is 'The organizations. Every row of a tenant leads back to here.';
comment on column podcast.tenants.slug is 'The short name used in addresses; unique over all tenants.';

create table podcast.tenant_settings (
    tenant_id uuid not null,
    settings jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint tenant_settings_pkey primary key (tenant_id),
    constraint tenant_settings_tenant_id_fkey foreign key (tenant_id)
        references podcast.tenants (id) on delete cascade,
    constraint tenant_settings_settings_check check (jsonb_typeof(settings) = 'object')
);

comment on table podcast.tenant_settings is 'What a tenant configured: one row each.';
comment on column podcast.tenant_settings.settings is 'A JSON object of setting names and values.';

create table podcast.tenant_quotas (
    tenant_id uuid not null,
    max_users integer,
    max_podcasts integer,
    max_campaigns integer,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint tenant_quotas_pkey primary key (tenant_id),
    constraint tenant_quotas_tenant_id_fkey foreign key (tenant_id)
        references podcast.tenants (id) on delete cascade,
    constraint tenant_quotas_max_users_check check (max_users >= 0),
    constraint tenant_quotas_max_podcasts_check check (max_podcasts >= 0),
    constraint tenant_quotas_max_campaigns_check check (max_campaigns >= 0)
);

comment on table podcast.tenant_quotas is 'How much a tenant may have: one row each.';
comment on column podcast.tenant_quotas.max_users is 'Members at most; null where there is no limit.';
comment on column podcast.tenant_quotas.max_podcasts is 'Podcasts at most; null where there is no limit.';
comment on column podcast.tenant_quotas.max_campaigns is 'Campaigns at most; null where there is no limit.';

grant select, insert, update, delete
    on podcast.tenants, podcast.tenant_settings, podcast.tenant_quotas to schemahub_writer;
grant select
    on podcast.tenants, podcast.tenant_settings, podcast.tenant_quotas to schemahub_app, schemahub_reader;

alter table podcast.tenants enable row level security;
alter table podcast.tenants force row level security;
alter table podcast.tenant_settings enable row level security;
alter table podcast.tenant_settings force row level security;
alter table podcast.tenant_quotas enable row level security;
alter table podcast.tenant_quotas force row level security;

create policy writer on podcast.tenants to schemahub_writer using (true) with check (true);
create policy writer on podcast.tenant_settings to schemahub_writer using (true) with check (true);
create policy writer on podcast.tenant_quotas to schemahub_writer using (true) with check (true);

create policy tenant_isolation on podcast.tenants for select to schemahub_app
    using (id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.tenant_settings for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.tenant_quotas for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));

create policy reader on podcast.tenants for select to schemahub_reader
    using (id = (select access.reader_organization()));
create policy reader on podcast.tenant_settings for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.tenant_quotas for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
