-- Partitions by UTC month, made ahead of time and dropped whole when their time is over. There is no default partition:
-- an event for a month that has none is refused, and never lies where retention would miss it.

create function podcast.make_partitions(from_month date, to_month date) returns integer
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp set timezone = 'UTC' set lock_timeout = '10s'
    as $$
    declare
        parent text;
        month date;
        partition text;
        made integer := 0;
    begin
        foreach parent in array array['attribution_events', 'listener_events', 'listener_metrics'] loop
            -- Two nodes may come at once: the second waits, then finds the partitions made.
            execute format('lock table podcast.%I in share update exclusive mode', parent);
            for month in
                select generate_series(date_trunc('month', from_month::timestamp),
                    date_trunc('month', to_month::timestamp), interval '1 month')::date
            loop
                partition := format('%s_%s', parent, to_char(month, 'YYYY_MM'));
                continue when to_regclass(format('podcast.%I', partition)) is not null;
                -- Made beside the parent and then attached, which does not stop readers and writers of the parent.
                execute format('create table podcast.%I (like podcast.%I including defaults including constraints)',
                    partition, parent);
                execute format('alter table podcast.%I enable row level security', partition);
                execute format('alter table podcast.%I force row level security', partition);
                execute format(
                    'create policy writer on podcast.%I to schemahub_writer using (true) with check (true)', partition);
                execute format('grant select, insert, update, delete on podcast.%I to schemahub_writer', partition);
                execute format('comment on table podcast.%I is %L', partition,
                    format('Rows of %s of one UTC month. Only the writer may come here directly.', parent));
                execute format('alter table podcast.%I attach partition podcast.%I for values from (%L) to (%L)',
                    parent, partition, month, (month + interval '1 month')::date);
                made := made + 1;
            end loop;
        end loop;
        return made;
    end
    $$;

comment on function podcast.make_partitions(date, date) is
    'Makes the missing partitions of all three time series from one month to another, both included; answers how many.';

create function podcast.detach_partitions_before(table_name text, before date) returns integer
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp set timezone = 'UTC' set lock_timeout = '10s'
    as $$
    declare
        partition text;
        dropped integer := 0;
    begin
        if table_name not in ('attribution_events', 'listener_events', 'listener_metrics') then
            raise exception 'podcast.% has no partitions by month', table_name
                using errcode = 'invalid_parameter_value';
        end if;
        for partition in
            select c.relname
            from pg_catalog.pg_inherits i
            join pg_catalog.pg_class c on c.oid = i.inhrelid
            where i.inhparent = format('podcast.%I', table_name)::regclass
                and substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \(''([^'']+)''\)')::timestamptz <= before
            order by c.relname
        loop
            -- PostgreSQL refuses to take rows away that others refer to, but only if it may see them.
            execute format('alter table podcast.%I no force row level security', partition);
            execute format('alter table podcast.%I detach partition podcast.%I', table_name, partition);
            execute format('drop table podcast.%I', partition);
            dropped := dropped + 1;
        end loop;
        return dropped;
    end
    $$;

comment on function podcast.detach_partitions_before(text, date) is
    'What drop_partitions_before ends in: drops partitions that end by a date; refused while rows refer to theirs.';

revoke all on function podcast.make_partitions(date, date), podcast.detach_partitions_before(text, date) from public;
grant execute on function podcast.make_partitions(date, date), podcast.detach_partitions_before(text, date)
    to schemahub_writer;

-- The owner, as which the function above runs, sees who refers to a partition's rows.
create policy owner on podcast.attribution_event_metadata for select to schemahub_owner using (true);

-- Later months are made by a job.
select podcast.make_partitions(
    (now() at time zone 'UTC' - interval '1 month')::date,
    (now() at time zone 'UTC' + interval '3 months')::date
);
