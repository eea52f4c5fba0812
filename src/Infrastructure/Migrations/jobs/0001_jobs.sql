-- What Hangfire does not know of a job: whose it is, its key, how often it was started. The job itself, its state and
-- its time are in schema hangfire, which is the library's own.

create table jobs.jobs (
    id uuid not null,
    hangfire_id bigint not null,
    organization_id uuid,
    name varchar(100) not null,
    actor varchar(255) not null,
    recurring varchar(200),
    due_at timestamptz not null,
    created_at timestamptz not null,
    attempts smallint not null default 0,
    started_at timestamptz,
    is_given_up boolean not null default false,
    error text,
    stack text,
    failed_at timestamptz,
    constraint jobs_pkey primary key (id),
    constraint jobs_hangfire_id_key unique (hangfire_id)
);

comment on table jobs.jobs is
    'Jobs that are not done, beside Hangfire''s rows of them. What is done is in backstage.execution_logs.';
comment on column jobs.jobs.id is 'UUIDv7: also the idempotency key under which its command is sent.';
comment on column jobs.jobs.hangfire_id is 'Of the job in hangfire.job.';
comment on column jobs.jobs.organization_id is 'Whose job it is; null for the installation''s own.';
comment on column jobs.jobs.name is 'The stored name of the command.';
comment on column jobs.jobs.actor is 'In whose name it is sent.';
comment on column jobs.jobs.recurring is 'The recurring job that it is a run of, if any.';
comment on column jobs.jobs.due_at is 'Not before.';
comment on column jobs.jobs.attempts is 'Times that it was started, also where the node died.';
comment on column jobs.jobs.started_at is 'When its run began, until the end of the run is written.';
comment on column jobs.jobs.is_given_up is 'It failed and is not tried again by itself.';
comment on column jobs.jobs.error is 'Why the last attempt failed.';
comment on column jobs.jobs.stack is 'Where in the program. For the operator; not readable by queries.';

create index idx_jobs_due_at_id on jobs.jobs (due_at, id);
create index idx_jobs_organization_id_due_at_id on jobs.jobs (organization_id, due_at, id)
    where organization_id is not null;
-- A recurring job does not pile up: it comes once, until it is done or has failed for good.
create unique index jobs_recurring_key on jobs.jobs (recurring) where recurring is not null and not is_given_up;

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
create index idx_keys_job_id on jobs.keys (job_id);

create table jobs.paused (
    recurring varchar(200) not null,
    paused_at timestamptz not null,
    constraint paused_pkey primary key (recurring)
);

comment on table jobs.paused is 'Recurring jobs that somebody paused. Hangfire does not have them meanwhile.';

-- Isolation.
grant usage on schema jobs to schemahub_writer, schemahub_app;
grant select, insert, update, delete on jobs.jobs, jobs.keys, jobs.paused to schemahub_writer;
grant select
    (id, hangfire_id, organization_id, name, actor, recurring, due_at, created_at, attempts, started_at, is_given_up,
        error, failed_at)
    on jobs.jobs to schemahub_app;

alter table jobs.jobs enable row level security;
alter table jobs.jobs force row level security;
alter table jobs.keys enable row level security;
alter table jobs.keys force row level security;
alter table jobs.paused enable row level security;
alter table jobs.paused force row level security;

create policy writer on jobs.jobs to schemahub_writer using (true) with check (true);
create policy writer on jobs.keys to schemahub_writer using (true) with check (true);
create policy writer on jobs.paused to schemahub_writer using (true) with check (true);
create policy tenant on jobs.jobs for select to schemahub_app
    using (organization_id = (select access.current_organization()));

-- Of Hangfire's tables an organization reads what it needs of its own jobs.
grant usage on schema hangfire to schemahub_app;
grant select (id, statename, arguments) on hangfire.job to schemahub_app;
create policy tenant on hangfire.job for select to schemahub_app
    using (exists (select from jobs.jobs j where j.hangfire_id = job.id));
