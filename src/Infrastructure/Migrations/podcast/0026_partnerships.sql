-- Partners, the marketplace, and the reports that are made of all this.

create table podcast.partners (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    name varchar(200) not null,
    partner_type varchar(50) not null,
    contact_email varchar(255),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint partners_pkey primary key (id),
    constraint partners_tenant_id_fkey foreign key (tenant_id) references podcast.tenants (id) on delete cascade,
    constraint partners_name_check check (name <> ''),
    constraint partners_partner_type_check check (partner_type <> '')
);

comment on table podcast.partners is 'Companies a tenant works with.';
comment on column podcast.partners.partner_type is 'What they do for the tenant; the document names no values.';

create index idx_partners_tenant_id_id on podcast.partners (tenant_id, id);

create table podcast.partner_integrations (
    id uuid not null default public.uuid_generate_v4(),
    partner_id uuid not null,
    integration_type varchar(50) not null,
    configuration jsonb not null default '{}',
    status varchar(20) not null default 'pending',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    tenant_id uuid not null,
    constraint partner_integrations_pkey primary key (id),
    constraint partner_integrations_partner_id_fkey foreign key (partner_id)
        references podcast.partners (id) on delete cascade,
    constraint partner_integrations_tenant_id_fkey foreign key (tenant_id)
        references podcast.tenants (id) on delete cascade,
    constraint partner_integrations_integration_type_check check (integration_type <> ''),
    constraint partner_integrations_configuration_check check (jsonb_typeof(configuration) = 'object'),
    constraint partner_integrations_status_check check (status in ('pending', 'active', 'inactive', 'error'))
);

comment on table podcast.partner_integrations is 'How a partner''s systems are connected.';
comment on column podcast.partner_integrations.integration_type is 'Which of the partner''s systems.';
comment on column podcast.partner_integrations.configuration is 'A JSON object, without secrets.';
comment on column podcast.partner_integrations.tenant_id is 'Addition: the partner''s tenant, for isolation.';

create index idx_partner_integrations_partner_id_id on podcast.partner_integrations (partner_id, id);
create index idx_partner_integrations_tenant_id_id on podcast.partner_integrations (tenant_id, id);
create index idx_partner_integrations_tenant_id_status_id on podcast.partner_integrations (tenant_id, status, id);

create table podcast.marketplace_listings (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    podcast_id uuid not null,
    listing_type varchar(50) not null,
    status varchar(20) not null default 'draft',
    pricing jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint marketplace_listings_pkey primary key (id),
    constraint marketplace_listings_tenant_id_fkey foreign key (tenant_id)
        references podcast.tenants (id) on delete cascade,
    constraint marketplace_listings_podcast_id_fkey foreign key (podcast_id)
        references podcast.podcasts (id) on delete cascade,
    constraint marketplace_listings_listing_type_check check (listing_type <> ''),
    constraint marketplace_listings_status_check check (status in ('draft', 'active', 'paused', 'closed')),
    constraint marketplace_listings_pricing_check check (jsonb_typeof(pricing) = 'object')
);

comment on table podcast.marketplace_listings is
    'What of a podcast is offered. Seen by its own tenant only: the document describes no view for the others.';
comment on column podcast.marketplace_listings.listing_type is 'What is offered, for example sponsorship or ad_slot.';
comment on column podcast.marketplace_listings.pricing is 'A JSON object: what it costs, and by what.';

create index idx_marketplace_listings_tenant_id_id on podcast.marketplace_listings (tenant_id, id);
create index idx_marketplace_listings_tenant_id_status_id on podcast.marketplace_listings (tenant_id, status, id);
create index idx_marketplace_listings_podcast_id_id on podcast.marketplace_listings (podcast_id, id);

create table podcast.marketplace_revenue (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    listing_id uuid not null,
    amount numeric(14, 2) not null,
    currency char(3) not null,
    transaction_date date not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint marketplace_revenue_pkey primary key (id),
    constraint marketplace_revenue_tenant_id_fkey foreign key (tenant_id)
        references podcast.tenants (id) on delete restrict,
    constraint marketplace_revenue_listing_id_fkey foreign key (listing_id)
        references podcast.marketplace_listings (id) on delete restrict,
    constraint marketplace_revenue_currency_check check (currency ~ '^[A-Z]{3}$')
);

comment on table podcast.marketplace_revenue is 'What a listing brought.';
comment on column podcast.marketplace_revenue.amount is 'Below zero where it was paid back.';
comment on column podcast.marketplace_revenue.currency is 'ISO 4217, in capitals.';
comment on column podcast.marketplace_revenue.transaction_date is 'The UTC day.';

create index idx_marketplace_revenue_tenant_id_id on podcast.marketplace_revenue (tenant_id, id);
create index idx_marketplace_revenue_listing_id_id on podcast.marketplace_revenue (listing_id, id);

create table podcast.reports (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    report_type varchar(50) not null,
    report_data jsonb not null,
    generated_at timestamptz not null default now(),
    created_by uuid,
    constraint reports_pkey primary key (id),
    constraint reports_tenant_id_fkey foreign key (tenant_id) references podcast.tenants (id) on delete cascade,
    constraint reports_created_by_fkey foreign key (created_by) references podcast.users (id) on delete set null,
    constraint reports_report_type_check check (report_type <> '')
);

comment on table podcast.reports is 'Reports as they were when they were made.';
comment on column podcast.reports.report_type is 'Which report; the document names no values.';
comment on column podcast.reports.report_data is 'What it says, in the shape of its type.';
comment on column podcast.reports.created_by is 'Who asked for it; null for the service, and once the account is gone.';

create index idx_reports_tenant_id_id on podcast.reports (tenant_id, id);
create index idx_reports_created_by_id on podcast.reports (created_by, id);

grant select, insert, update, delete
    on podcast.partners, podcast.partner_integrations, podcast.marketplace_listings, podcast.marketplace_revenue,
    podcast.reports
    to schemahub_writer;
grant select
    on podcast.partners, podcast.partner_integrations, podcast.marketplace_listings, podcast.marketplace_revenue,
    podcast.reports
    to schemahub_app, schemahub_reader;

alter table podcast.partners enable row level security;
alter table podcast.partners force row level security;
alter table podcast.partner_integrations enable row level security;
alter table podcast.partner_integrations force row level security;
alter table podcast.marketplace_listings enable row level security;
alter table podcast.marketplace_listings force row level security;
alter table podcast.marketplace_revenue enable row level security;
alter table podcast.marketplace_revenue force row level security;
alter table podcast.reports enable row level security;
alter table podcast.reports force row level security;

create policy writer on podcast.partners to schemahub_writer using (true) with check (true);
create policy writer on podcast.partner_integrations to schemahub_writer using (true) with check (true);
create policy writer on podcast.marketplace_listings to schemahub_writer using (true) with check (true);
create policy writer on podcast.marketplace_revenue to schemahub_writer using (true) with check (true);
create policy writer on podcast.reports to schemahub_writer using (true) with check (true);

create policy tenant_isolation on podcast.partners for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.partner_integrations for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.marketplace_listings for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.marketplace_revenue for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.reports for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));

create policy reader on podcast.partners for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.partner_integrations for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.marketplace_listings for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.marketplace_revenue for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.reports for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
