-- The event log: the only source of truth. Tables, columns, types and keys as Marten 9 makes them for uuid streams
-- and conjoined tenancy, so that a Marten DocumentStore can read them; what is ours beside them has defaults.

create sequence events.mt_events_sequence as bigint cache 1;

create table events.mt_streams (
    tenant_id varchar not null default '*DEFAULT*',
    id uuid not null,
    type varchar,
    version bigint,
    timestamp timestamptz not null default now(),
    created timestamptz not null default now(),
    is_archived boolean default false,
    number bigint,
    subject_key bytea,
    constraint pkey_mt_streams_tenant_id_id primary key (tenant_id, id)
);

comment on table events.mt_streams is
    'One row per stream: where it stands, and the wrapped key of the person it is about.';
comment on column events.mt_streams.number is
    'Ours: the published integer id, which is the log position of the first event.';
comment on column events.mt_streams.subject_key is
    'Ours: the AES-256 key of the personal parts of its events, wrapped by the master key; null after erasure.';

create table events.mt_events (
    seq_id bigint not null,
    id uuid not null,
    stream_id uuid,
    version bigint not null,
    data jsonb not null,
    bdata bytea,
    type varchar(500) not null,
    timestamp timestamptz not null default now(),
    tenant_id varchar default '*DEFAULT*',
    mt_dotnet_type varchar,
    correlation_id varchar,
    causation_id varchar,
    headers jsonb,
    is_archived boolean default false,
    constraint pkey_mt_events_seq_id primary key (seq_id),
    constraint fkey_mt_events_tenant_id_stream_id foreign key (tenant_id, stream_id)
        references events.mt_streams (tenant_id, id)
);

comment on table events.mt_events is 'What happened, in the order of commit. Appended, never updated or deleted.';
comment on column events.mt_events.data is 'The event as JSON; "personal" is what only the subject''s key opens.';

create unique index pk_mt_events_stream_and_version on events.mt_events (tenant_id, stream_id, version);

create table events.mt_event_progression (
    name varchar not null,
    last_seq_id bigint,
    last_updated timestamptz default transaction_timestamp(),
    constraint pk_mt_event_progression primary key (name)
);

comment on table events.mt_event_progression is 'How far each follower has read.';

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

create function events.begin_batch(
    p_lock bigint,
    p_events integer,
    p_tenants varchar[],
    p_streams uuid[],
    out positions bigint[],
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
        positions := array(select nextval('events.mt_events_sequence') from generate_series(1, p_events));
        last_recorded := (select e.timestamp from events.mt_events e order by e.seq_id desc limit 1);
        journal_number := (select s.journal_number from events.safekeeping s);
        select array_agg(coalesce(s.version, 0) order by u.place), array_agg(coalesce(s.number, 0) order by u.place)
        into versions, numbers
        from unnest(p_tenants, p_streams) with ordinality as u (tenant_id, id, place)
        -- The limit keeps this a look-up by key: a plain join, planned while the log is small, reads every stream.
        left join lateral (
            select h.version, h.number
            from events.mt_streams h
            where h.tenant_id = u.tenant_id and h.id = u.id
            limit 1
        ) s on true;
    end
    $$;

comment on function events.begin_batch is
    'Takes the log''s lock, draws positions, and tells where the streams of a batch stand: one round trip.';

revoke all on function events.begin_batch(bigint, integer, varchar[], uuid[]) from public;
grant execute on function events.begin_batch(bigint, integer, varchar[], uuid[]) to schemahub_writer;

create function events.begin_foretold_batch(
    p_lock bigint,
    p_first bigint,
    p_events integer,
    p_recorded_at timestamptz,
    p_tenants varchar[],
    p_streams uuid[],
    p_versions bigint[],
    p_receipt_tenants varchar[],
    p_receipt_actors varchar[],
    p_receipt_keys varchar[]
)
    returns void
    language plpgsql volatile set search_path = pg_catalog
    as $$
    declare
        stands boolean;
        first_drawn bigint;
    begin
        perform pg_advisory_xact_lock(p_lock);
        select p_recorded_at >= coalesce(max(l.timestamp), p_recorded_at) into stands
        from (select e.timestamp from events.mt_events e order by e.seq_id desc limit 1) l;
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
        if stands and p_events > 0 then
            -- Only the lock's holder draws: positions follow each other without holes.
            select min(d.position) into first_drawn
            from (select nextval('events.mt_events_sequence') as position from generate_series(1, p_events)) d;
            stands := first_drawn = p_first;
        end if;
        if not stands then
            raise exception 'What the batch was foretold from is no longer so.' using errcode = 'SH001';
        end if;
    end
    $$;

comment on function events.begin_foretold_batch is
    'Takes the log''s lock and stops the batch unless streams, receipts and positions are as its writer foretold: '
    'with it a whole batch is one round trip.';

revoke all on function events.begin_foretold_batch(
    bigint, bigint, integer, timestamptz, varchar[], uuid[], bigint[], varchar[], varchar[], varchar[]
) from public;
grant execute on function events.begin_foretold_batch(
    bigint, bigint, integer, timestamptz, varchar[], uuid[], bigint[], varchar[], varchar[], varchar[]
) to schemahub_writer;

-- The writer appends and reads; nobody changes or deletes what happened.
grant usage on schema events to schemahub_writer, schemahub_app;
grant usage on sequence events.mt_events_sequence to schemahub_writer;
grant select, update on sequence events.mt_events_sequence to schemahub_writer;
grant select, insert, update on events.mt_streams to schemahub_writer;
grant select, insert on events.mt_events to schemahub_writer;
grant select, insert, update, delete on events.mt_event_progression to schemahub_writer;
grant select, insert, delete on events.receipts to schemahub_writer;
grant select, update on events.safekeeping to schemahub_writer;
grant select, insert on events.key_fingerprints to schemahub_writer;

alter table events.mt_streams enable row level security;
alter table events.mt_streams force row level security;
alter table events.mt_events enable row level security;
alter table events.mt_events force row level security;
alter table events.receipts enable row level security;
alter table events.receipts force row level security;
alter table events.mt_event_progression enable row level security;
alter table events.mt_event_progression force row level security;
alter table events.safekeeping enable row level security;
alter table events.safekeeping force row level security;
alter table events.key_fingerprints enable row level security;
alter table events.key_fingerprints force row level security;

create policy writer on events.mt_streams to schemahub_writer using (true) with check (true);
create policy writer on events.mt_events to schemahub_writer using (true) with check (true);
create policy writer on events.receipts to schemahub_writer using (true) with check (true);
create policy writer on events.mt_event_progression to schemahub_writer using (true) with check (true);
create policy writer on events.safekeeping to schemahub_writer using (true) with check (true);
create policy writer on events.key_fingerprints to schemahub_writer using (true) with check (true);

-- The administrator, who is a member of the owner and need not be a superuser, compares keys and journal on opening
-- and takes the mark of a rebuild away.
create policy owner on events.mt_event_progression to schemahub_owner using (true) with check (true);
create policy owner on events.safekeeping for select to schemahub_owner using (true);
create policy owner on events.key_fingerprints to schemahub_owner using (true) with check (true);

-- Queries may learn where a stream stands (for ETag), not what is in it, and never its key.
grant select (tenant_id, id, type, version, number) on events.mt_streams to schemahub_app;

create policy tenant on events.mt_streams for select to schemahub_app
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
