-- Listening per hour and per day, counted again only where something changed: a statement that writes events leaves a
-- mark for each hour and day it touched, late and deleted events included, and a refresh takes the marks away and
-- counts those hours and days from the events themselves. So no event is counted twice, and none is missed.

create table podcast.listener_events_hourly (
    tenant_id uuid not null,
    episode_id uuid not null,
    hour timestamptz not null,
    event_type varchar(100) not null,
    event_count bigint not null,
    unique_listeners bigint not null,
    constraint listener_events_hourly_pkey primary key (tenant_id, episode_id, hour, event_type)
);

comment on table podcast.listener_events_hourly is
    'Listener events per UTC hour, episode and type; refreshed every hour.';
comment on column podcast.listener_events_hourly.hour is 'When the hour begins.';
comment on column podcast.listener_events_hourly.unique_listeners is
    'How many different listener_id; unrecognized ones count as none.';

create index idx_listener_events_hourly_tenant_id_hour on podcast.listener_events_hourly (tenant_id, hour);

create table podcast.listener_events_daily (
    tenant_id uuid not null,
    episode_id uuid not null,
    day date not null,
    event_type varchar(100) not null,
    event_count bigint not null,
    unique_listeners bigint not null,
    constraint listener_events_daily_pkey primary key (tenant_id, episode_id, day, event_type)
);

comment on table podcast.listener_events_daily is 'Listener events per UTC day, episode and type; refreshed every day.';
comment on column podcast.listener_events_daily.unique_listeners is
    'How many different listener_id; unrecognized ones count as none.';

create index idx_listener_events_daily_tenant_id_day on podcast.listener_events_daily (tenant_id, day);

grant select, insert, update, delete
    on podcast.listener_events_hourly, podcast.listener_events_daily to schemahub_writer;
grant select on podcast.listener_events_hourly, podcast.listener_events_daily to schemahub_app, schemahub_reader;

alter table podcast.listener_events_hourly enable row level security;
alter table podcast.listener_events_hourly force row level security;
alter table podcast.listener_events_daily enable row level security;
alter table podcast.listener_events_daily force row level security;

create policy writer on podcast.listener_events_hourly to schemahub_writer using (true) with check (true);
create policy writer on podcast.listener_events_daily to schemahub_writer using (true) with check (true);

create policy tenant_isolation on podcast.listener_events_hourly for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.listener_events_daily for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));

create policy reader on podcast.listener_events_hourly for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.listener_events_daily for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));

create table podcast.listener_events_touched (
    rollup varchar(6) not null,
    bucket timestamptz not null,
    tenant_id uuid not null,
    episode_id uuid not null,
    constraint listener_events_touched_rollup_check check (rollup in ('hourly', 'daily'))
);

comment on table podcast.listener_events_touched is
    'Hours and days to count again. Without a key, so that statements which mark the same hour do not wait in line.';
comment on column podcast.listener_events_touched.rollup is 'Whose turn it is: hourly or daily.';
comment on column podcast.listener_events_touched.bucket is 'When the hour or the day begins, UTC.';

create index idx_listener_events_touched_rollup_bucket on podcast.listener_events_touched (rollup, bucket);

grant select, insert, update, delete on podcast.listener_events_touched to schemahub_writer;
alter table podcast.listener_events_touched enable row level security;
alter table podcast.listener_events_touched force row level security;
create policy writer on podcast.listener_events_touched to schemahub_writer using (true) with check (true);
-- The trigger below marks as the owner, whoever writes events: nobody else needs a right here.
create policy owner on podcast.listener_events_touched for insert to schemahub_owner with check (true);

create function podcast.mark_listener_events() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp
    as $$
    begin
        if tg_op in ('INSERT', 'UPDATE') then
            with hours as materialized (
                select distinct date_trunc('hour', e.occurred_at, 'UTC') as hour, e.tenant_id, e.episode_id from fresh e
            )
            insert into podcast.listener_events_touched (rollup, bucket, tenant_id, episode_id)
            select 'hourly', h.hour, h.tenant_id, h.episode_id from hours h
            union all
            select distinct 'daily', date_trunc('day', h.hour, 'UTC'), h.tenant_id, h.episode_id from hours h;
        end if;
        if tg_op in ('DELETE', 'UPDATE') then
            with hours as materialized (
                select distinct date_trunc('hour', e.occurred_at, 'UTC') as hour, e.tenant_id, e.episode_id from gone e
            )
            insert into podcast.listener_events_touched (rollup, bucket, tenant_id, episode_id)
            select 'hourly', h.hour, h.tenant_id, h.episode_id from hours h
            union all
            select distinct 'daily', date_trunc('day', h.hour, 'UTC'), h.tenant_id, h.episode_id from hours h;
        end if;
        return null;
    end
    $$;

comment on function podcast.mark_listener_events() is 'Marks the hours and days that a statement touched.';
revoke all on function podcast.mark_listener_events() from public;

create trigger mark_inserted after insert on podcast.listener_events
    referencing new table as fresh for each statement execute function podcast.mark_listener_events();
create trigger mark_updated after update on podcast.listener_events
    referencing old table as gone new table as fresh for each statement execute function podcast.mark_listener_events();
create trigger mark_deleted after delete on podcast.listener_events
    referencing old table as gone for each statement execute function podcast.mark_listener_events();
