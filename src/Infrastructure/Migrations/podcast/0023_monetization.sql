-- Who brings business and what they get for it, and how a tenant presents itself.

create table podcast.agencies (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    name varchar(200) not null,
    contact_email varchar(255),
    commission_rate numeric(5, 4) not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint agencies_pkey primary key (id),
    constraint agencies_tenant_id_fkey foreign key (tenant_id) references podcast.tenants (id) on delete cascade,
    constraint agencies_name_check check (name <> ''),
    constraint agencies_commission_rate_check check (commission_rate between 0 and 1)
);

comment on table podcast.agencies is 'Agencies that buy for their clients.';
comment on column podcast.agencies.commission_rate is 'Their share of what they bring, 0 to 1: 0.15 is 15 percent.';

create index idx_agencies_tenant_id_id on podcast.agencies (tenant_id, id);

create table podcast.affiliates (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    name varchar(200) not null,
    contact_email varchar(255),
    commission_rate numeric(5, 4) not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint affiliates_pkey primary key (id),
    constraint affiliates_tenant_id_fkey foreign key (tenant_id) references podcast.tenants (id) on delete cascade,
    constraint affiliates_name_check check (name <> ''),
    constraint affiliates_commission_rate_check check (commission_rate between 0 and 1)
);

comment on table podcast.affiliates is 'People and sites that send buyers.';
comment on column podcast.affiliates.commission_rate is 'Their share of what they bring, 0 to 1: 0.15 is 15 percent.';

create index idx_affiliates_tenant_id_id on podcast.affiliates (tenant_id, id);

create table podcast.referrals (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    referrer_id uuid not null,
    referred_email varchar(255) not null,
    status varchar(20) not null default 'pending',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint referrals_pkey primary key (id),
    constraint referrals_tenant_id_fkey foreign key (tenant_id) references podcast.tenants (id) on delete cascade,
    constraint referrals_referrer_id_fkey foreign key (referrer_id) references podcast.users (id) on delete cascade,
    constraint referrals_referred_email_check check (referred_email <> ''),
    constraint referrals_status_check check (status in ('pending', 'registered', 'converted', 'expired', 'cancelled'))
);

comment on table podcast.referrals is 'Who recommended us to whom.';
comment on column podcast.referrals.status is
    'registered: the referred person has an account; converted: that account became a paying one.';

create index idx_referrals_tenant_id_id on podcast.referrals (tenant_id, id);
create index idx_referrals_tenant_id_status_id on podcast.referrals (tenant_id, status, id);
create index idx_referrals_referrer_id_id on podcast.referrals (referrer_id, id);

create table podcast.referral_commissions (
    id uuid not null default public.uuid_generate_v4(),
    referral_id uuid not null,
    amount numeric(14, 2) not null,
    status varchar(20) not null default 'pending',
    paid_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    tenant_id uuid not null,
    constraint referral_commissions_pkey primary key (id),
    constraint referral_commissions_referral_id_fkey foreign key (referral_id)
        references podcast.referrals (id) on delete restrict,
    constraint referral_commissions_tenant_id_fkey foreign key (tenant_id)
        references podcast.tenants (id) on delete restrict,
    constraint referral_commissions_amount_check check (amount >= 0),
    constraint referral_commissions_status_check check (status in ('pending', 'approved', 'paid', 'cancelled')),
    constraint referral_commissions_paid_at_check check ((status = 'paid') = (paid_at is not null))
);

comment on table podcast.referral_commissions is 'What a recommendation earned.';
comment on column podcast.referral_commissions.amount is
    'In the installation''s currency: the document gives commissions none of their own.';
comment on column podcast.referral_commissions.paid_at is 'Set exactly where the status is paid.';
comment on column podcast.referral_commissions.tenant_id is 'Addition: the referral''s tenant, for isolation.';

create index idx_referral_commissions_referral_id_id on podcast.referral_commissions (referral_id, id);
create index idx_referral_commissions_tenant_id_id on podcast.referral_commissions (tenant_id, id);
create index idx_referral_commissions_tenant_id_status_id on podcast.referral_commissions (tenant_id, status, id);

create table podcast.white_label_settings (
    tenant_id uuid not null,
    brand_name varchar(200),
    logo_url varchar(2048),
    primary_color varchar(7),
    custom_domain varchar(253),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint white_label_settings_pkey primary key (tenant_id),
    constraint white_label_settings_tenant_id_fkey foreign key (tenant_id)
        references podcast.tenants (id) on delete cascade,
    constraint white_label_settings_primary_color_check check (primary_color ~ '^#[0-9A-Fa-f]{6}$')
);

comment on table podcast.white_label_settings is 'How a tenant presents itself: one row each.';
comment on column podcast.white_label_settings.primary_color is 'As #rrggbb.';
comment on column podcast.white_label_settings.custom_domain is
    'A wish, not a proof: two tenants may name the same, and neither owns it for that.';

grant select, insert, update, delete
    on podcast.agencies, podcast.affiliates, podcast.referrals, podcast.referral_commissions,
    podcast.white_label_settings
    to schemahub_writer;
grant select
    on podcast.agencies, podcast.affiliates, podcast.referrals, podcast.referral_commissions,
    podcast.white_label_settings
    to schemahub_app, schemahub_reader;

alter table podcast.agencies enable row level security;
alter table podcast.agencies force row level security;
alter table podcast.affiliates enable row level security;
alter table podcast.affiliates force row level security;
alter table podcast.referrals enable row level security;
alter table podcast.referrals force row level security;
alter table podcast.referral_commissions enable row level security;
alter table podcast.referral_commissions force row level security;
alter table podcast.white_label_settings enable row level security;
alter table podcast.white_label_settings force row level security;

create policy writer on podcast.agencies to schemahub_writer using (true) with check (true);
create policy writer on podcast.affiliates to schemahub_writer using (true) with check (true);
create policy writer on podcast.referrals to schemahub_writer using (true) with check (true);
create policy writer on podcast.referral_commissions to schemahub_writer using (true) with check (true);
create policy writer on podcast.white_label_settings to schemahub_writer using (true) with check (true);

create policy tenant_isolation on podcast.agencies for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.affiliates for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.referrals for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.referral_commissions for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.white_label_settings for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));

create policy reader on podcast.agencies for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.affiliates for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.referrals for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.referral_commissions for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.white_label_settings for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
