-- The event log: the only source of truth. Its tables, mt_*, are Marten's: Marten makes them before this file runs,
-- from the configuration in LogStore.cs. What is ours lies in tables beside them, because Marten drops columns that it
-- does not know.

comment on table events.mt_streams is 'One row per stream: where it stands.';
comment on table events.mt_events is 'What happened, in the order of commit. Appended, never updated or deleted.';
comment on column events.mt_events.data is 'The event as JSON; "personal" is what only the subject''s key opens.';
comment on column events.mt_events.headers is 'Who did it, of audited events.';
comment on column events.mt_events.correlation_id is 'The trace of the request or job that caused it.';
comment on column events.mt_events.causation_id is 'The command that caused it.';
comment on table events.mt_event_progression is
    'How far the projections of those who build on the log have read; ours are in events.followers.';

-- A column that a view reads cannot be dropped: a store with other settings than ours, opened by an owner, fails
-- instead of taking headers and what they prove away.
create view events.log with (security_invoker = true) as
    select e.seq_id, e.id, e.tenant_id, e.stream_id, e.version, e.type, e.timestamp, e.data, e.headers,
        e.correlation_id, e.causation_id, e.mt_dotnet_type
    from events.mt_events e
    where e.type <> 'tombstone';

comment on view events.log is
    'The events without the tombstones with which Marten fills positions of batches that failed.';

create table events.streams (
    tenant_id varchar not null,
    id uuid not null,
    number bigint not null,
    subject_key bytea,
    constraint pk_streams primary key (tenant_id, id)
);

comment on table events.streams is 'Beside Marten''s row of a stream: its published number, and its person''s key.';
comment on column events.streams.number is 'The published integer id, which is the log position of the first event.';
comment on column events.streams.subject_key is
    'The AES-256 key of the personal parts of its events, wrapped by the master key; null after erasure.';

create table events.followers (
    name varchar not null,
    position bigint not null,
    moved_at timestamptz not null default now(),
    constraint pk_followers primary key (name)
);

comment on table events.followers is
    'How far each of our followers has read: not in Marten''s table, because a daemon may move every row of that one.';

create table events.receipts (
    tenant_id varchar not null,
    actor varchar(64) not null,
    key varchar(300) not null,
    request_hash bytea not null,
    stream_id uuid not null,
    version bigint not null,
    sequence bigint not null,
    number bigint not null,
    answer bytea,
    recorded_at timestamptz not null,
    constraint pk_receipts primary key (tenant_id, actor, key)
);

comment on table events.receipts is
    'The first answer given under each caller''s Idempotency-Key, written in the commit of its events and encrypted '
    'where it is more than a position.';

create table events.safekeeping (
    id boolean not null default true,
    journal_number bigint not null default 0,
    constraint pk_safekeeping primary key (id),
    constraint ck_safekeeping_one_row check (id)
);

insert into events.safekeeping (id) values (true);

comment on table events.safekeeping is
    'One row: the number of the last entry of the outside journal that is in this database.';

create table events.key_fingerprints (
    name varchar not null,
    fingerprint bytea not null,
    constraint pk_key_fingerprints primary key (name)
);

comment on table events.key_fingerprints is
    'SHA-256 of the keys this database was made with; a node without them refuses to start.';

create function events.next_position() returns bigint
    language sql volatile set search_path = pg_catalog
    as $$ select s.last_value + case when s.is_called then 1 else 0 end from events.mt_events_sequence s $$;

comment on function events.next_position is
    'The position that the next event gets. Only the holder of the log''s lock draws positions.';

create function events.begin_batch(
    p_lock bigint,
    p_tenants varchar[],
    p_streams uuid[],
    out next_position bigint,
    out last_recorded timestamptz,
    out journal_number bigint,
    out versions bigint[],
    out numbers bigint[]
)
    language plpgsql volatile set search_path = pg_catalog
    as $$
    begin
        -- Each statement below sees what the lock's last holder committed: a volatile function takes new snapshots.
        perform pg_advisory_xact_lock(p_lock);
        next_position := events.next_position();
        last_recorded := (select e.timestamp from events.mt_events e order by e.seq_id desc limit 1);
        journal_number := (select s.journal_number from events.safekeeping s);
        select array_agg(coalesce(s.version, 0) order by u.place), array_agg(coalesce(s.number, 0) order by u.place)
        into versions, numbers
        from unnest(p_tenants, p_streams) with ordinality as u (tenant_id, id, place)
        -- The limit keeps this a look-up by key: a plain join, planned while the log is small, reads every stream.
        left join lateral (
            select h.version, n.number
            from events.mt_streams h
            join events.streams n on n.tenant_id = h.tenant_id and n.id = h.id
            where h.tenant_id = u.tenant_id and h.id = u.id
            limit 1
        ) s on true;
    end
    $$;

comment on function events.begin_batch is
    'Takes the log''s lock and tells where the log and the streams of a batch stand: one round trip.';

create procedure events.begin_foretold_batch(
    p_lock bigint,
    p_first bigint,
    p_recorded_at timestamptz,
    p_tenants varchar[],
    p_streams uuid[],
    p_versions bigint[],
    p_receipt_tenants varchar[],
    p_receipt_actors varchar[],
    p_receipt_keys varchar[]
)
    language plpgsql set search_path = pg_catalog
    as $$
    declare
        stands boolean;
    begin
        perform pg_advisory_xact_lock(p_lock);
        select p_recorded_at >= coalesce(max(l.timestamp), p_recorded_at) into stands
        from (select e.timestamp from events.mt_events e order by e.seq_id desc limit 1) l;
        stands := stands and p_first = events.next_position();
        stands := stands and not exists (
            select from unnest(p_tenants, p_streams, p_versions) as u (tenant_id, id, version)
            left join lateral (
                select h.version from events.mt_streams h where h.tenant_id = u.tenant_id and h.id = u.id limit 1
            ) s on true
            where coalesce(s.version, 0) <> u.version
        );
        if cardinality(p_receipt_keys) > 0 then
            stands := stands and not exists (
                select from unnest(p_receipt_tenants, p_receipt_actors, p_receipt_keys) as u (tenant_id, actor, key)
                cross join lateral (
                    select from events.receipts g
                    where g.tenant_id = u.tenant_id and g.actor = u.actor and g.key = u.key
                    limit 1
                ) r
            );
        end if;
        if not stands then
            raise exception 'What the batch was foretold from is no longer so.' using errcode = 'SH001';
        end if;
    end
    $$;

comment on procedure events.begin_foretold_batch is
    'Takes the log''s lock and stops the batch unless streams, receipts and the next position are as its writer '
    'foretold: with it a whole batch is one round trip.';

create procedure events.end_batch(
    p_last bigint,
    p_tenants varchar[],
    p_streams uuid[],
    p_numbers bigint[],
    p_keys bytea[]
)
    language plpgsql set search_path = pg_catalog
    as $$
    begin
        if currval('events.mt_events_sequence') <> p_last then
            raise exception 'The batch was to end at position %, and ended at %: somebody draws positions without the '
                'log''s lock.', p_last, currval('events.mt_events_sequence')
                using errcode = 'SH002';
        end if;
        insert into events.streams (tenant_id, id, number, subject_key)
        select u.tenant_id, u.id, u.number, u.subject_key
        from unnest(p_tenants, p_streams, p_numbers, p_keys) as u (tenant_id, id, number, subject_key);
    end
    $$;

comment on procedure events.end_batch is
    'Stops a batch whose events did not get the positions that its writer planned, and adds its new streams.';

do $$
declare
    own record;
begin
    -- What Marten and we made here is for the writer: nobody else appends, archives or moves a follower.
    for own in select p.oid::regprocedure as name from pg_proc p where p.pronamespace = 'events'::regnamespace loop
        execute format('revoke all on routine %s from public', own.name);
        execute format('grant execute on routine %s to schemahub_writer', own.name);
    end loop;
end
$$;

-- The writer appends and reads; nobody changes or deletes what happened.
grant usage on schema events to schemahub_writer, schemahub_app;
grant usage, select, update on sequence events.mt_events_sequence to schemahub_writer;
grant select, insert, update on events.mt_streams, events.streams to schemahub_writer;
grant select, insert on events.mt_events to schemahub_writer;
grant select on events.log to schemahub_writer;
grant select, insert, update, delete on events.followers to schemahub_writer;
grant select, insert, delete on events.receipts to schemahub_writer;
grant select, update on events.safekeeping to schemahub_writer;
grant select, insert on events.key_fingerprints to schemahub_writer;

do $$
declare
    own regclass;
begin
    for own in select c.oid from pg_class c where c.relnamespace = 'events'::regnamespace and c.relkind = 'r' loop
        execute format('alter table %s enable row level security', own);
        execute format('alter table %s force row level security', own);
        execute format('create policy writer on %s to schemahub_writer using (true) with check (true)', own);
    end loop;
end
$$;

-- The administrator, who is a member of the owner and need not be a superuser, compares keys and journal on opening
-- and takes the mark of a rebuild away.
create policy owner on events.followers to schemahub_owner using (true) with check (true);
create policy owner on events.safekeeping for select to schemahub_owner using (true);
create policy owner on events.key_fingerprints to schemahub_owner using (true) with check (true);

-- Queries may learn where a stream stands (for ETag), not what is in it, and never its key.
grant select (tenant_id, id, type, version) on events.mt_streams to schemahub_app;
grant select (tenant_id, id, number) on events.streams to schemahub_app;

create policy tenant on events.mt_streams for select to schemahub_app
    using (tenant_id = nullif(current_setting('app.current_tenant', true), ''));
create policy tenant on events.streams for select to schemahub_app
    using (tenant_id = nullif(current_setting('app.current_tenant', true), ''));

create function events.stream_of(p_number bigint) returns uuid
    language sql stable security definer set search_path = pg_catalog, pg_temp
    as $$
        select e.stream_id
        from events.mt_events e
        where e.seq_id = p_number
          and e.version = 1
          and e.tenant_id = nullif(current_setting('app.current_tenant', true), '')
    $$;

comment on function events.stream_of(bigint) is
    'The stream behind a published integer id, within the caller''s tenant only.';

revoke all on function events.stream_of(bigint) from public;
grant execute on function events.stream_of(bigint) to schemahub_app, schemahub_writer;

create policy owner on events.mt_events for select to schemahub_owner using (true);

-- Those who build on the log read all of it, encrypted as it is, and keep their own place in it. They cannot append.
grant usage on schema events to schemahub_builder;
grant select on events.mt_events, events.mt_streams, events.streams, events.log to schemahub_builder;
grant select on sequence events.mt_events_sequence to schemahub_builder;
grant select, insert, update, delete on events.mt_event_progression, events.mt_event_projection_floors,
    events.mt_high_water_skips, events.mt_doc_deadletterevent to schemahub_builder;
grant execute on function events.mt_mark_event_progression, events.mt_mark_progression_with_skip to schemahub_builder;

create policy builder on events.mt_events for select to schemahub_builder using (true);
create policy builder on events.mt_streams for select to schemahub_builder using (true);
create policy builder on events.streams for select to schemahub_builder using (true);
create policy builder on events.mt_event_progression to schemahub_builder using (true) with check (true);
create policy builder on events.mt_event_projection_floors to schemahub_builder using (true) with check (true);
create policy builder on events.mt_high_water_skips to schemahub_builder using (true) with check (true);
create policy builder on events.mt_doc_deadletterevent to schemahub_builder using (true) with check (true);
