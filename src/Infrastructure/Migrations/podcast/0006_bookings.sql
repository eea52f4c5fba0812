-- What was sold: places in episodes, insertion orders, and which sponsor would suit which show.

create table podcast.ad_units (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    campaign_id uuid not null,
    episode_id uuid not null,
    unit_type varchar(50) not null,
    position_seconds integer,
    duration_seconds integer,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint ad_units_pkey primary key (id),
    constraint ad_units_tenant_id_fkey foreign key (tenant_id) references podcast.tenants (id) on delete cascade,
    constraint ad_units_campaign_id_fkey foreign key (campaign_id)
        references podcast.campaigns (id) on delete cascade,
    constraint ad_units_episode_id_fkey foreign key (episode_id) references podcast.episodes (id) on delete cascade,
    constraint ad_units_unit_type_check check (unit_type <> ''),
    constraint ad_units_position_seconds_check check (position_seconds >= 0),
    constraint ad_units_duration_seconds_check check (duration_seconds >= 0)
);

comment on table podcast.ad_units is 'Where in an episode a campaign is heard.';
comment on column podcast.ad_units.unit_type is
    'Such as pre-roll, mid-roll or post-roll; the document names no values.';
comment on column podcast.ad_units.position_seconds is 'From the episode''s start; null where it is not fixed.';

create index idx_ad_units_tenant_id_id on podcast.ad_units (tenant_id, id);
create index idx_ad_units_campaign_id on podcast.ad_units (campaign_id);
create index idx_ad_units_episode_id on podcast.ad_units (episode_id);

create table podcast.io_bookings (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    campaign_id uuid not null,
    sponsor_id uuid not null,
    booking_date date not null,
    promo_code varchar(100),
    vanity_url varchar(2048),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint io_bookings_pkey primary key (id),
    constraint io_bookings_tenant_id_fkey foreign key (tenant_id) references podcast.tenants (id) on delete restrict,
    constraint io_bookings_campaign_id_fkey foreign key (campaign_id)
        references podcast.campaigns (id) on delete restrict,
    constraint io_bookings_sponsor_id_fkey foreign key (sponsor_id)
        references podcast.sponsors (id) on delete restrict
);

comment on table podcast.io_bookings is
    'Insertion orders: what a sponsor committed to. Nothing they refer to is deleted under them.';
comment on column podcast.io_bookings.promo_code is
    'What listeners name to the sponsor, so that their purchase is attributed.';
comment on column podcast.io_bookings.vanity_url is 'The address read out in the show, with the same purpose.';

create index idx_io_bookings_tenant_id_id on podcast.io_bookings (tenant_id, id);
create index idx_io_bookings_campaign_id on podcast.io_bookings (campaign_id);
create index idx_io_bookings_sponsor_id on podcast.io_bookings (sponsor_id);
create index idx_io_bookings_tenant_id_promo_code on podcast.io_bookings (tenant_id, promo_code);

create table podcast.matches (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    advertiser_id uuid not null,
    campaign_id uuid,
    score numeric(5, 4) not null,
    rationale text,
    signals jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    podcast_id uuid not null,
    constraint matches_pkey primary key (id),
    constraint matches_tenant_id_fkey foreign key (tenant_id) references podcast.tenants (id) on delete cascade,
    constraint matches_advertiser_id_fkey foreign key (advertiser_id)
        references podcast.sponsors (id) on delete cascade,
    constraint matches_campaign_id_fkey foreign key (campaign_id) references podcast.campaigns (id) on delete cascade,
    constraint matches_podcast_id_fkey foreign key (podcast_id) references podcast.podcasts (id) on delete cascade,
    constraint matches_score_check check (score between 0 and 1),
    constraint matches_signals_check check (jsonb_typeof(signals) = 'object')
);

comment on table podcast.matches is 'How well a sponsor would suit a podcast.';
comment on column podcast.matches.advertiser_id is 'The sponsor.';
comment on column podcast.matches.campaign_id is 'The campaign it was found for; null for the sponsor in general.';
comment on column podcast.matches.score is '0 (not at all) to 1.';
comment on column podcast.matches.rationale is 'Why, in words.';
comment on column podcast.matches.signals is 'What the score was made from.';
comment on column podcast.matches.podcast_id is 'Addition: the other side of the match.';

create index idx_matches_tenant_id_id on podcast.matches (tenant_id, id);
create index idx_matches_advertiser_id on podcast.matches (advertiser_id);
create index idx_matches_campaign_id on podcast.matches (campaign_id);
create index idx_matches_podcast_id on podcast.matches (podcast_id);

grant select, insert, update, delete on podcast.ad_units, podcast.io_bookings, podcast.matches to schemahub_writer;
grant select on podcast.ad_units, podcast.io_bookings, podcast.matches to schemahub_app, schemahub_reader;

alter table podcast.ad_units enable row level security;
alter table podcast.ad_units force row level security;
alter table podcast.io_bookings enable row level security;
alter table podcast.io_bookings force row level security;
alter table podcast.matches enable row level security;
alter table podcast.matches force row level security;

create policy writer on podcast.ad_units to schemahub_writer using (true) with check (true);
create policy writer on podcast.io_bookings to schemahub_writer using (true) with check (true);
create policy writer on podcast.matches to schemahub_writer using (true) with check (true);

create policy tenant_isolation on podcast.ad_units for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.io_bookings for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.matches for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));

create policy reader on podcast.ad_units for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.io_bookings for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.matches for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
