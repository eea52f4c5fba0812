-- All measures per day: what listener_metrics says, and how often each kind of attribution happened. A materialized
-- view cannot be isolated by tenant, so nobody may read it but through a view that shows the asker's own rows.

-- Refreshing reads both tables as the owner.
create policy owner on podcast.listener_metrics for select to schemahub_owner using (true);
create policy owner on podcast.attribution_events for select to schemahub_owner using (true);

-- A function, because pg_restore refreshes the view with row security off, which the tables' owner is refused: here it
-- is on, and the policies above let the owner read.
create function podcast.measures_per_day() returns table (
    day date,
    tenant_id uuid,
    episode_id uuid,
    metric_name varchar,
    total_value numeric,
    avg_value numeric,
    record_count bigint
)
    language sql stable security definer set search_path = pg_catalog, pg_temp set row_security = on
    as $$
    select m.day, m.tenant_id, m.episode_id, m.metric_name, sum(m.value), avg(m.value), count(*)
    from (
        select l.metric_date as day, l.tenant_id, l.episode_id, l.metric_name, l.metric_value as value
        from podcast.listener_metrics l
        union all
        select (a.occurred_at at time zone 'UTC')::date, a.tenant_id, a.episode_id,
            'attribution:' || a.attribution_type, 1::numeric
        from podcast.attribution_events a
    ) m
    group by m.day, m.tenant_id, m.episode_id, m.metric_name
    $$;

comment on function podcast.measures_per_day() is 'What metrics_daily shows, of all tenants, counted now.';

revoke all on function podcast.measures_per_day() from public;

create materialized view podcast.metrics_daily_of_all as
select m.day, m.tenant_id, m.episode_id, m.metric_name, m.total_value, m.avg_value, m.record_count
from podcast.measures_per_day() m;

comment on materialized view podcast.metrics_daily_of_all is
    'What metrics_daily shows, of all tenants: for nobody to read.';

create unique index metrics_daily_of_all_key
    on podcast.metrics_daily_of_all (tenant_id, day, episode_id, metric_name) nulls not distinct;

-- With its owner's rights, since whoever asks has none to what lies below; the condition is what isolates. A barrier,
-- so that no function of the asker's sees a row before it.
create view podcast.metrics_daily with (security_barrier = true) as
select m.day, m.tenant_id, m.episode_id, m.metric_name, m.total_value, m.avg_value, m.record_count
from podcast.metrics_daily_of_all m
where m.tenant_id = (select podcast.visible_tenant());

comment on view podcast.metrics_daily is
    'Measures per UTC day, episode and name, as of the last refresh_metrics_daily().';
comment on column podcast.metrics_daily.episode_id is 'Null for attribution to no episode in particular.';
comment on column podcast.metrics_daily.metric_name is
    'As in listener_metrics, or attribution: and the type for events of attribution_events, each of which counts 1.';

create function podcast.refresh_metrics_daily() returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp
    as $$
    begin
        refresh materialized view concurrently podcast.metrics_daily_of_all;
    end
    $$;

comment on function podcast.refresh_metrics_daily() is 'Brings metrics_daily up to date, without stopping its readers.';

revoke all on function podcast.refresh_metrics_daily() from public;
grant execute on function podcast.refresh_metrics_daily() to schemahub_writer;
grant select on podcast.metrics_daily to schemahub_writer, schemahub_app, schemahub_reader;
