-- Retention beside writers. An event that came between counting and dropping would leave a mark, and the next refresh
-- would find nothing to count under it and take the whole hour away. So what is dropped is closed to writers first.

create or replace function podcast.drop_partitions_before(table_name text, before date) returns integer
    language plpgsql set search_path = pg_catalog set timezone = 'UTC' set lock_timeout = '10s'
    as $$
    declare
        partition regclass;
        is_first boolean := true;
    begin
        for partition in
            select c.oid
            from pg_catalog.pg_inherits i
            join pg_catalog.pg_class c on c.oid = i.inhrelid
            where i.inhparent = format('podcast.%I', table_name)::regclass
                and substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \(''([^'']+)''\)')::timestamptz <= before
            order by c.relname
        loop
            if is_first then
                -- Dropping ends the foreign keys too, which closes what they lead to. In the order in which a cascade
                -- comes, from the parents down, or the two could wait for each other.
                lock table podcast.tenants, podcast.campaigns, podcast.episodes in access exclusive mode;
                is_first := false;
            end if;
            execute format('lock table %s in share row exclusive mode', partition);
        end loop;
        if is_first then
            return 0;
        end if;
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
