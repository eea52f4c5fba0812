-- Listening: every single event, and measures of it. Written in bulk by the service, for one tenant at a time.
-- Partitions by month come with 0009_partitions.sql, rollups with 0010_listener_rollups.sql.

create table podcast.listener_events (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    episode_id uuid not null,
    listener_id varchar(255),
    event_type varchar(100) not null,
    event_data jsonb not null default '{}',
    occurred_at timestamptz not null,
    constraint listener_events_pkey primary key (id, occurred_at),
    constraint listener_events_tenant_id_fkey foreign key (tenant_id)
        references podcast.tenants (id) on delete cascade,
    constraint listener_events_episode_id_fkey foreign key (episode_id)
        references podcast.episodes (id) on delete cascade,
    constraint listener_events_event_type_check check (event_type <> '')
) partition by range (occurred_at);

comment on table podcast.listener_events is 'What listeners did: played, paused, finished. Kept for two years.';
comment on column podcast.listener_events.id is 'Given by whoever saw the event, so that sending it twice counts once.';
comment on column podcast.listener_events.listener_id is
    'A pseudonym; null where nobody was recognized, and after erasure.';
comment on column podcast.listener_events.event_type is 'Such as play or pause; the document names no values.';
comment on column podcast.listener_events.occurred_at is 'When it happened, which may be long before it is told.';

create index idx_listener_events_tenant_id_occurred_at on podcast.listener_events (tenant_id, occurred_at);
create index idx_listener_events_episode_id_occurred_at on podcast.listener_events (episode_id, occurred_at);

create table podcast.listener_metrics (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    episode_id uuid not null,
    metric_date date not null,
    metric_name varchar(100) not null,
    metric_value numeric(20, 6) not null,
    metric_data jsonb not null default '{}',
    constraint listener_metrics_pkey primary key (id, metric_date),
    constraint listener_metrics_tenant_id_fkey foreign key (tenant_id)
        references podcast.tenants (id) on delete cascade,
    constraint listener_metrics_episode_id_fkey foreign key (episode_id)
        references podcast.episodes (id) on delete cascade,
    constraint listener_metrics_metric_name_check check (metric_name <> '')
) partition by range (metric_date);

comment on table podcast.listener_metrics is 'Measures of an episode''s listeners, per UTC day.';
comment on column podcast.listener_metrics.metric_data is
    'What stands behind the value, where one number is not enough.';

create index idx_listener_metrics_tenant_id_metric_date on podcast.listener_metrics (tenant_id, metric_date);
create index idx_listener_metrics_episode_id_metric_date on podcast.listener_metrics (episode_id, metric_date);

grant select, insert, update, delete on podcast.listener_events, podcast.listener_metrics to schemahub_writer;
grant select on podcast.listener_events, podcast.listener_metrics to schemahub_app, schemahub_reader;

alter table podcast.listener_events enable row level security;
alter table podcast.listener_events force row level security;
alter table podcast.listener_metrics enable row level security;
alter table podcast.listener_metrics force row level security;

create policy writer on podcast.listener_events to schemahub_writer using (true) with check (true);
create policy writer on podcast.listener_metrics to schemahub_writer using (true) with check (true);

create policy tenant_isolation on podcast.listener_events for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.listener_metrics for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));

create policy reader on podcast.listener_events for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.listener_metrics for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));

-- The service records events under the tenant it set. Foreign keys do not know tenants, so the policies do.
grant insert on podcast.listener_events, podcast.listener_metrics to schemahub_app;

create policy ingest on podcast.listener_events for insert to schemahub_app
    with check (
        tenant_id = (select podcast.current_tenant())
        and exists (
            select from podcast.episodes e
            where e.id = listener_events.episode_id and e.tenant_id = listener_events.tenant_id
        )
    );
create policy ingest on podcast.listener_metrics for insert to schemahub_app
    with check (
        tenant_id = (select podcast.current_tenant())
        and exists (
            select from podcast.episodes e
            where e.id = listener_metrics.episode_id and e.tenant_id = listener_metrics.tenant_id
        )
    );
