-- What the sealer has sealed of each tenant. The trees' sizes count leaves; checkpoint_size is the log's size at the
-- newest checkpoint, so a tenant with a larger size waits for one.
create table events.seal_trees (
    tenant_id varchar not null primary key,
    size bigint not null,
    heads_size bigint not null,
    last_seq_id bigint not null,
    checkpoint_size bigint not null default 0
);

create index seal_trees_without_checkpoint on events.seal_trees (tenant_id) where size > checkpoint_size;

-- Hashes of 32 bytes: 64 to a full tile of tree 0, the log, and 16 to one of tree 1, the stream heads. An entry of
-- level
-- k+1 is the root of a full tile of level k. first_seq_id (log, level 0) is the event of the tile's first leaf.
create table events.seal_tiles (
    tenant_id varchar not null,
    tree smallint not null,
    level smallint not null,
    index bigint not null,
    hashes bytea not null,
    first_seq_id bigint,
    primary key (tenant_id, tree, level, index)
);

-- Hashes do not compress, and a tile is read whole: keep it in its row.
alter table events.seal_tiles alter column hashes set storage plain;

create index seal_tiles_by_event on events.seal_tiles (tenant_id, first_seq_id) where first_seq_id is not null;

-- A stream's slot in its tenant's tree of heads: the order in which streams first appeared.
create table events.seal_heads (
    tenant_id varchar not null,
    stream_id uuid not null,
    position bigint not null,
    primary key (tenant_id, stream_id)
);

create table events.checkpoints (
    tenant_id varchar not null,
    size bigint not null,
    log_root bytea not null,
    heads_size bigint not null,
    heads_root bytea not null,
    last_seq_id bigint not null,
    sealed_at timestamptz not null,
    previous_hash bytea,
    signature bytea not null,
    key_id text not null,
    primary key (tenant_id, size)
);

-- How far each witness has a tenant's checkpoints. due_at: not to be tried before; attempts: failures in a row.
create table events.checkpoint_deliveries (
    witness text not null,
    tenant_id varchar not null,
    delivered_size bigint not null,
    delivered_at timestamptz,
    due_at timestamptz not null,
    attempts integer not null,
    last_error text,
    primary key (witness, tenant_id)
);

-- The sealer and the proofs work over all tenants; nobody else has any business here.
grant select, insert, update on events.seal_trees, events.seal_tiles, events.checkpoint_deliveries to schemahub_writer;
grant select, insert on events.seal_heads, events.checkpoints to schemahub_writer;

alter table events.seal_trees enable row level security;
alter table events.seal_trees force row level security;
alter table events.seal_tiles enable row level security;
alter table events.seal_tiles force row level security;
alter table events.seal_heads enable row level security;
alter table events.seal_heads force row level security;
alter table events.checkpoints enable row level security;
alter table events.checkpoints force row level security;
alter table events.checkpoint_deliveries enable row level security;
alter table events.checkpoint_deliveries force row level security;

create policy writer on events.seal_trees to schemahub_writer using (true) with check (true);
create policy writer on events.seal_tiles to schemahub_writer using (true) with check (true);
create policy writer on events.seal_heads to schemahub_writer using (true) with check (true);
create policy writer on events.checkpoints to schemahub_writer using (true) with check (true);
create policy writer on events.checkpoint_deliveries to schemahub_writer using (true) with check (true);
