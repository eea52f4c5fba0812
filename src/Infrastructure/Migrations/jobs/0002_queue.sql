-- What is to be done: one row per job until it is done or discarded. Claimed in batches with skip locked, so that nodes
-- do not wait for each other; Quartz decides only when recurring jobs come here.

create table jobs.queue (
    id uuid not null,
    organization_id uuid,
    name varchar(100) not null,
    data jsonb not null,
    actor varchar(255) not null,
    recurring varchar(200),
    state varchar(10) not null,
    due_at timestamptz not null,
    created_at timestamptz not null,
    attempts smallint not null default 0,
    node integer,
    started_at timestamptz,
    is_cancelled boolean not null default false,
    error text,
    stack text,
    failed_at timestamptz,
    constraint queue_pkey primary key (id),
    constraint queue_state_check check (state in ('waiting', 'running', 'paused', 'failed'))
)
-- Rows live for milliseconds: what they leave is swept often, or finding the next one walks through it.
with (
    fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000
);

comment on table jobs.queue is
    'Jobs that wait, run, are paused, or failed for good. What is done is in backstage.execution_logs.';
comment on column jobs.queue.id is 'UUIDv7: also the idempotency key under which its command is sent.';
comment on column jobs.queue.organization_id is 'Whose job it is; null for the installation''s own.';
comment on column jobs.queue.name is 'The stored name of the command.';
comment on column jobs.queue.data is 'The command. Ids, nothing personal.';
comment on column jobs.queue.actor is 'In whose name it is sent.';
comment on column jobs.queue.recurring is 'The recurring job that it is a run of, if any.';
comment on column jobs.queue.due_at is 'Not before.';
comment on column jobs.queue.attempts is 'Times that it was started, also where the node died.';
comment on column jobs.queue.node is
    'The node that runs it, which holds the advisory lock of this number while it lives.';
comment on column jobs.queue.is_cancelled is 'Its node is to stop it.';
comment on column jobs.queue.error is 'Why the last attempt failed.';
comment on column jobs.queue.stack is 'Where in the program. For the operator; not readable by queries.';

-- What is next; and what every tenant sees, in the same order.
create index idx_queue_next on jobs.queue (due_at, id) where state = 'waiting';
create index idx_queue_organization_id_due_at_id on jobs.queue (organization_id, due_at, id)
    where organization_id is not null;
create index idx_queue_node on jobs.queue (node) where node is not null;
create index idx_queue_failed on jobs.queue (due_at, id) where state in ('failed', 'paused');
-- A recurring job does not pile up: it comes once, until it is done or has failed for good.
create unique index queue_recurring_key on jobs.queue (recurring, organization_id) nulls not distinct
    where recurring is not null and state <> 'failed';

create table jobs.keys (
    organization_id uuid not null,
    key varchar(255) not null,
    job_id uuid not null,
    created_at timestamptz not null,
    constraint keys_pkey primary key (organization_id, key)
);

comment on table jobs.keys is
    'Keys under which jobs were enqueued: the same key again is the same job, also when that is done.';
comment on column jobs.keys.organization_id is 'The organization; zeros for the installation.';

create index idx_keys_created_at on jobs.keys (created_at);

create sequence jobs.nodes as integer cycle;

comment on sequence jobs.nodes is
    'Numbers the processes that run jobs. Each holds an advisory lock of its number while it lives.';

-- Isolation.
grant select, insert, update, delete on jobs.queue, jobs.keys to schemahub_writer;
grant usage on sequence jobs.nodes to schemahub_writer;
grant select
    (id, organization_id, name, data, actor, recurring, state, due_at, created_at, attempts, node, started_at,
        is_cancelled, error, failed_at)
    on jobs.queue to schemahub_app;

alter table jobs.queue enable row level security;
alter table jobs.queue force row level security;
alter table jobs.keys enable row level security;
alter table jobs.keys force row level security;

create policy writer on jobs.queue to schemahub_writer using (true) with check (true);
create policy writer on jobs.keys to schemahub_writer using (true) with check (true);
create policy tenant on jobs.queue for select to schemahub_app
    using (organization_id = (select access.current_organization()));
