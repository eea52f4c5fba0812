-- Who pays and for what: sponsors and their campaigns.

create table podcast.sponsors (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    name varchar(200) not null,
    website_url varchar(2048),
    logo_url varchar(2048),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    constraint sponsors_pkey primary key (id),
    constraint sponsors_tenant_id_fkey foreign key (tenant_id) references podcast.tenants (id) on delete cascade,
    constraint sponsors_name_check check (name <> '')
);

comment on table podcast.sponsors is 'The advertisers a tenant works with.';
comment on column podcast.sponsors.deleted_at is 'When it was taken away; null while it lives.';

create index idx_sponsors_tenant_id_id on podcast.sponsors (tenant_id, id);

create table podcast.campaigns (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    sponsor_id uuid not null,
    name varchar(200) not null,
    description text,
    start_date date,
    end_date date,
    stage varchar(50) not null default 'draft',
    stage_changed_at timestamptz not null default now(),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    constraint campaigns_pkey primary key (id),
    constraint campaigns_tenant_id_fkey foreign key (tenant_id) references podcast.tenants (id) on delete cascade,
    constraint campaigns_sponsor_id_fkey foreign key (sponsor_id) references podcast.sponsors (id) on delete cascade,
    constraint campaigns_name_check check (name <> ''),
    constraint campaigns_stage_check check (stage <> ''),
    constraint campaigns_end_date_check check (end_date >= start_date)
);

comment on table podcast.campaigns is 'What a sponsor buys.';
comment on column podcast.campaigns.stage is 'Where in its workflow the campaign stands; the document names no values.';
comment on column podcast.campaigns.stage_changed_at is 'When it came to this stage.';
comment on column podcast.campaigns.deleted_at is 'When it was taken away; null while it lives.';

create index idx_campaigns_tenant_id_id on podcast.campaigns (tenant_id, id);
create index idx_campaigns_tenant_id_stage_id on podcast.campaigns (tenant_id, stage, id);
create index idx_campaigns_sponsor_id on podcast.campaigns (sponsor_id);

grant select, insert, update, delete on podcast.sponsors, podcast.campaigns to schemahub_writer;
grant select on podcast.sponsors, podcast.campaigns to schemahub_app, schemahub_reader;

alter table podcast.sponsors enable row level security;
alter table podcast.sponsors force row level security;
alter table podcast.campaigns enable row level security;
alter table podcast.campaigns force row level security;

create policy writer on podcast.sponsors to schemahub_writer using (true) with check (true);
create policy writer on podcast.campaigns to schemahub_writer using (true) with check (true);

create policy tenant_isolation on podcast.sponsors for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.campaigns for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));

create policy reader on podcast.sponsors for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.campaigns for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
