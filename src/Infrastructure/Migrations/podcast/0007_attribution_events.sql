-- Attribution: what listeners did that a campaign can claim. Written in bulk by the service, for one tenant at a time.
-- Partitions by month come with 0009_partitions.sql.

create table podcast.attribution_events (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    campaign_id uuid not null,
    episode_id uuid,
    listener_id varchar(255),
    attribution_type varchar(100) not null,
    attribution_data jsonb not null default '{}',
    occurred_at timestamptz not null,
    constraint attribution_events_pkey primary key (id, occurred_at),
    constraint attribution_events_tenant_id_fkey foreign key (tenant_id)
        references podcast.tenants (id) on delete cascade,
    constraint attribution_events_campaign_id_fkey foreign key (campaign_id)
        references podcast.campaigns (id) on delete cascade,
    constraint attribution_events_episode_id_fkey foreign key (episode_id)
        references podcast.episodes (id) on delete set null,
    constraint attribution_events_attribution_type_check check (attribution_type <> '')
) partition by range (occurred_at);

comment on table podcast.attribution_events is
    'What a listener did that a campaign can claim: a code used, an address visited.';
comment on column podcast.attribution_events.episode_id is 'Where it was heard; null where that is not known.';
comment on column podcast.attribution_events.listener_id is
    'A pseudonym; null where nobody was recognized, and after erasure.';
comment on column podcast.attribution_events.attribution_type is
    'Such as promo_code or vanity_url; the document names no values.';

create index idx_attribution_events_tenant_id_occurred_at on podcast.attribution_events (tenant_id, occurred_at);
create index idx_attribution_events_campaign_id_occurred_at on podcast.attribution_events (campaign_id, occurred_at);
create index idx_attribution_events_episode_id on podcast.attribution_events (episode_id);

create table podcast.attribution_event_metadata (
    event_id uuid not null,
    metadata jsonb not null default '{}',
    occurred_at timestamptz not null,
    tenant_id uuid not null,
    constraint attribution_event_metadata_pkey primary key (event_id, occurred_at),
    constraint attribution_event_metadata_event_id_fkey foreign key (event_id, occurred_at)
        references podcast.attribution_events (id, occurred_at) on delete cascade,
    constraint attribution_event_metadata_tenant_id_fkey foreign key (tenant_id)
        references podcast.tenants (id) on delete cascade
);

comment on table podcast.attribution_event_metadata is
    'What else is known about an attribution event: at most one row each.';
comment on column podcast.attribution_event_metadata.occurred_at is
    'Addition: when the event occurred, without which a partitioned table cannot be referred to.';
comment on column podcast.attribution_event_metadata.tenant_id is 'Addition: the event''s tenant, for isolation.';

create index idx_attribution_event_metadata_occurred_at on podcast.attribution_event_metadata (occurred_at);
create index idx_attribution_event_metadata_tenant_id_event_id
    on podcast.attribution_event_metadata (tenant_id, event_id);

grant select, insert, update, delete
    on podcast.attribution_events, podcast.attribution_event_metadata to schemahub_writer;
grant select on podcast.attribution_events, podcast.attribution_event_metadata to schemahub_app, schemahub_reader;

alter table podcast.attribution_events enable row level security;
alter table podcast.attribution_events force row level security;
alter table podcast.attribution_event_metadata enable row level security;
alter table podcast.attribution_event_metadata force row level security;

create policy writer on podcast.attribution_events to schemahub_writer using (true) with check (true);
create policy writer on podcast.attribution_event_metadata to schemahub_writer using (true) with check (true);

create policy tenant_isolation on podcast.attribution_events for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.attribution_event_metadata for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));

create policy reader on podcast.attribution_events for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.attribution_event_metadata for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));

-- The service records events under the tenant it set. Foreign keys do not know tenants, so the policies do.
grant insert on podcast.attribution_events, podcast.attribution_event_metadata to schemahub_app;

create policy ingest on podcast.attribution_events for insert to schemahub_app
    with check (
        tenant_id = (select podcast.current_tenant())
        and exists (
            select from podcast.campaigns c
            where c.id = attribution_events.campaign_id and c.tenant_id = attribution_events.tenant_id
        )
        and (
            episode_id is null
            or exists (
                select from podcast.episodes e
                where e.id = attribution_events.episode_id and e.tenant_id = attribution_events.tenant_id
            )
        )
    );
create policy ingest on podcast.attribution_event_metadata for insert to schemahub_app
    with check (
        tenant_id = (select podcast.current_tenant())
        and exists (
            select from podcast.attribution_events e
            where e.id = attribution_event_metadata.event_id
                and e.occurred_at = attribution_event_metadata.occurred_at
                and e.tenant_id = attribution_event_metadata.tenant_id
        )
    );
