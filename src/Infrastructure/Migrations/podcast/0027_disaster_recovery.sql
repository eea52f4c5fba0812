-- For the day on which something breaks. Of the installation, not of a tenant: only backups of one tenant are shown.

create table podcast.backup_records (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid,
    backup_type varchar(20) not null,
    backup_location varchar(2048),
    size_bytes bigint,
    status varchar(20) not null default 'running',
    started_at timestamptz not null default now(),
    completed_at timestamptz,
    constraint backup_records_pkey primary key (id),
    constraint backup_records_tenant_id_fkey foreign key (tenant_id)
        references podcast.tenants (id) on delete set null,
    constraint backup_records_backup_type_check check (
        backup_type in ('full', 'incremental', 'differential', 'logical')
    ),
    constraint backup_records_size_bytes_check check (size_bytes >= 0),
    constraint backup_records_status_check check (status in ('running', 'completed', 'failed', 'expired'))
);

comment on table podcast.backup_records is 'Backups that were tried.';
comment on column podcast.backup_records.tenant_id is
    'Whose data alone it holds; null for a backup of the whole database, which only the service sees.';
comment on column podcast.backup_records.backup_type is
    'full, incremental and differential: of the files; logical: a dump.';
comment on column podcast.backup_records.backup_location is
    'Where it lies, without a password; only the service reads it.';
comment on column podcast.backup_records.size_bytes is 'Null until it is known.';
comment on column podcast.backup_records.status is 'expired: it was good once and is not kept any more.';

create index idx_backup_records_tenant_id_id on podcast.backup_records (tenant_id, id);
create index idx_backup_records_tenant_id_status_id on podcast.backup_records (tenant_id, status, id);

create table podcast.replication_status (
    id uuid not null default public.uuid_generate_v4(),
    replica_name varchar(200) not null,
    status varchar(20) not null default 'unknown',
    lag_seconds numeric(12, 3),
    last_sync_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint replication_status_pkey primary key (id),
    constraint replication_status_replica_name_key unique (replica_name),
    constraint replication_status_replica_name_check check (replica_name <> ''),
    constraint replication_status_status_check check (status in ('healthy', 'lagging', 'stopped', 'unknown')),
    constraint replication_status_lag_seconds_check check (lag_seconds >= 0)
);

comment on table podcast.replication_status is 'How far each replica is behind.';
comment on column podcast.replication_status.lag_seconds is 'Null where it is not known.';

create index idx_replication_status_status on podcast.replication_status (status);

create table podcast.failover_events (
    id uuid not null default public.uuid_generate_v4(),
    event_type varchar(20) not null,
    source_node varchar(200),
    target_node varchar(200),
    status varchar(20) not null default 'running',
    occurred_at timestamptz not null default now(),
    completed_at timestamptz,
    constraint failover_events_pkey primary key (id),
    constraint failover_events_event_type_check check (event_type in ('failover', 'switchover', 'failback', 'drill')),
    constraint failover_events_status_check check (status in ('running', 'completed', 'failed'))
);

comment on table podcast.failover_events is 'Every time another node took over, or was to.';
comment on column podcast.failover_events.event_type is
    'failover: unplanned; switchover: planned; failback: back again; drill: only to see that it works.';

create index idx_failover_events_status on podcast.failover_events (status);
create index idx_failover_events_occurred_at on podcast.failover_events (occurred_at);

create table podcast.recovery_procedures (
    id uuid not null default public.uuid_generate_v4(),
    procedure_name varchar(200) not null,
    description text,
    steps jsonb not null default '[]',
    last_tested_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint recovery_procedures_pkey primary key (id),
    constraint recovery_procedures_procedure_name_key unique (procedure_name),
    constraint recovery_procedures_procedure_name_check check (procedure_name <> ''),
    constraint recovery_procedures_steps_check check (jsonb_typeof(steps) = 'array')
);

comment on table podcast.recovery_procedures is 'What to do, in order, when something broke.';
comment on column podcast.recovery_procedures.steps is 'A JSON array, in the order in which they are to be done.';
comment on column podcast.recovery_procedures.last_tested_at is 'Null while nobody ever tried.';

grant select, insert, update, delete
    on podcast.backup_records, podcast.replication_status, podcast.failover_events, podcast.recovery_procedures
    to schemahub_writer;
-- A tenant sees that it is backed up, not where to; the other three tables are the service's own.
grant select (id, tenant_id, backup_type, size_bytes, status, started_at, completed_at)
    on podcast.backup_records to schemahub_app, schemahub_reader;

alter table podcast.backup_records enable row level security;
alter table podcast.backup_records force row level security;
alter table podcast.replication_status enable row level security;
alter table podcast.replication_status force row level security;
alter table podcast.failover_events enable row level security;
alter table podcast.failover_events force row level security;
alter table podcast.recovery_procedures enable row level security;
alter table podcast.recovery_procedures force row level security;

create policy writer on podcast.backup_records to schemahub_writer using (true) with check (true);
create policy writer on podcast.replication_status to schemahub_writer using (true) with check (true);
create policy writer on podcast.failover_events to schemahub_writer using (true) with check (true);
create policy writer on podcast.recovery_procedures to schemahub_writer using (true) with check (true);

create policy tenant_isolation on podcast.backup_records for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));

create policy reader on podcast.backup_records for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
