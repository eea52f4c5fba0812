-- Counting again what was marked. One statement sees one state of the database: the marks it takes away and the events
-- it counts belong together, and whoever commits later has left a mark for the next refresh.

create function podcast.refresh_listener_events_hourly(
    since timestamptz default '-infinity', until timestamptz default 'infinity'
) returns bigint
    language plpgsql set search_path = pg_catalog set jit = off
    as $$
    declare
        refreshed bigint;
    begin
        -- One after the other, or an older count could overwrite a newer one.
        lock table podcast.listener_events_hourly in share row exclusive mode;
        with taken as (
            delete from podcast.listener_events_touched t
            where t.rollup = 'hourly' and t.bucket >= since and t.bucket < until
            returning t.tenant_id, t.episode_id, t.bucket
        ),
        hours as materialized (select distinct t.tenant_id, t.episode_id, t.bucket as hour from taken t),
        counted as materialized (
            select h.tenant_id, h.episode_id, h.hour, e.event_type, e.event_count, e.unique_listeners
            from hours h
            cross join lateral (
                select l.event_type, count(*) as event_count, count(distinct l.listener_id) as unique_listeners
                from podcast.listener_events l
                where l.tenant_id = h.tenant_id and l.episode_id = h.episode_id
                    and l.occurred_at >= h.hour and l.occurred_at < h.hour + interval '1 hour'
                group by l.event_type
            ) e
        ),
        written as (
            insert into podcast.listener_events_hourly as r
                (tenant_id, episode_id, hour, event_type, event_count, unique_listeners)
            select c.tenant_id, c.episode_id, c.hour, c.event_type, c.event_count, c.unique_listeners from counted c
            on conflict (tenant_id, episode_id, hour, event_type) do update
                set event_count = excluded.event_count, unique_listeners = excluded.unique_listeners
                where (r.event_count, r.unique_listeners) <> (excluded.event_count, excluded.unique_listeners)
        ),
        emptied as (
            delete from podcast.listener_events_hourly r
            using hours h
            where r.tenant_id = h.tenant_id and r.episode_id = h.episode_id and r.hour = h.hour
                and not exists (
                    select from counted c
                    where c.tenant_id = r.tenant_id and c.episode_id = r.episode_id and c.hour = r.hour
                        and c.event_type = r.event_type
                )
        )
        select count(*) into refreshed from hours;
        return refreshed;
    end
    $$;

create function podcast.refresh_listener_events_daily(
    since timestamptz default '-infinity', until timestamptz default 'infinity'
) returns bigint
    language plpgsql set search_path = pg_catalog set jit = off
    as $$
    declare
        refreshed bigint;
    begin
        lock table podcast.listener_events_daily in share row exclusive mode;
        with taken as (
            delete from podcast.listener_events_touched t
            where t.rollup = 'daily' and t.bucket >= since and t.bucket < until
            returning t.tenant_id, t.episode_id, t.bucket
        ),
        days as materialized (
            select distinct t.tenant_id, t.episode_id, t.bucket as midnight, (t.bucket at time zone 'UTC')::date as day
            from taken t
        ),
        counted as materialized (
            select d.tenant_id, d.episode_id, d.day, e.event_type, e.event_count, e.unique_listeners
            from days d
            cross join lateral (
                select l.event_type, count(*) as event_count, count(distinct l.listener_id) as unique_listeners
                from podcast.listener_events l
                where l.tenant_id = d.tenant_id and l.episode_id = d.episode_id
                    and l.occurred_at >= d.midnight and l.occurred_at < d.midnight + interval '24 hours'
                group by l.event_type
            ) e
        ),
        written as (
            insert into podcast.listener_events_daily as r
                (tenant_id, episode_id, day, event_type, event_count, unique_listeners)
            select c.tenant_id, c.episode_id, c.day, c.event_type, c.event_count, c.unique_listeners from counted c
            on conflict (tenant_id, episode_id, day, event_type) do update
                set event_count = excluded.event_count, unique_listeners = excluded.unique_listeners
                where (r.event_count, r.unique_listeners) <> (excluded.event_count, excluded.unique_listeners)
        ),
        emptied as (
            delete from podcast.listener_events_daily r
            using days d
            where r.tenant_id = d.tenant_id and r.episode_id = d.episode_id and r.day = d.day
                and not exists (
                    select from counted c
                    where c.tenant_id = r.tenant_id and c.episode_id = r.episode_id and c.day = r.day
                        and c.event_type = r.event_type
                )
        )
        select count(*) into refreshed from days;
        return refreshed;
    end
    $$;

comment on function podcast.refresh_listener_events_hourly(timestamptz, timestamptz) is
    'Counts again the marked hours that begin between two times, without them all; answers how many.';
comment on function podcast.refresh_listener_events_daily(timestamptz, timestamptz) is
    'Counts again the marked days that begin between two times, without them all; answers how many.';

create function podcast.drop_partitions_before(table_name text, before date) returns integer
    language plpgsql set search_path = pg_catalog set timezone = 'UTC'
    as $$
    begin
        if table_name = 'listener_events' then
            -- What was counted stays; once the events are gone nothing can be counted again.
            perform podcast.refresh_listener_events_hourly('-infinity', before);
            perform podcast.refresh_listener_events_daily('-infinity', before);
        elsif table_name = 'attribution_events' then
            -- Rows that refer to these events go with them; a path stays, without its conversion.
            before := date_trunc('month', before::timestamp)::date;
            delete from podcast.attribution_event_metadata m where m.occurred_at < before;
            delete from podcast.attribution_validations v where v.attribution_occurred_at < before;
            update podcast.attribution_paths p set conversion_event_id = null, conversion_occurred_at = null
            where p.conversion_occurred_at < before;
        end if;
        return podcast.detach_partitions_before(table_name, before);
    end
    $$;

comment on function podcast.drop_partitions_before(text, date) is
    'Retention: drops the months of a time series that end before or at a date, after the rows that refer to them.';

revoke all on function
    podcast.refresh_listener_events_hourly(timestamptz, timestamptz),
    podcast.refresh_listener_events_daily(timestamptz, timestamptz),
    podcast.drop_partitions_before(text, date)
    from public;
grant execute on function
    podcast.refresh_listener_events_hourly(timestamptz, timestamptz),
    podcast.refresh_listener_events_daily(timestamptz, timestamptz),
    podcast.drop_partitions_before(text, date)
    to schemahub_writer;
