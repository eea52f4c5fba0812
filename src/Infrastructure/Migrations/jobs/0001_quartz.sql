-- The tables of Quartz 4.7.3's clustered store, as its own script makes them for PostgreSQL: only names and types here
-- are Quartz's, the rest is as in every schema of ours. It keeps when recurring jobs are due; what is due is run from
-- jobs.queue.

create table jobs.qrtz_job_details (
    sched_name text not null,
    job_name text not null,
    job_group text not null,
    description text,
    job_class_name text not null,
    is_durable bool not null,
    is_nonconcurrent bool not null,
    is_update_data bool not null,
    requests_recovery bool not null,
    job_data bytea,
    primary key (sched_name, job_name, job_group)
);

comment on table jobs.qrtz_job_details is 'Recurring jobs: the command each sends, as job data.';

create table jobs.qrtz_triggers (
    sched_name text not null,
    trigger_name text not null,
    trigger_group text not null,
    job_name text not null,
    job_group text not null,
    description text,
    next_fire_time bigint,
    prev_fire_time bigint,
    priority integer,
    trigger_state text not null,
    trigger_type text not null,
    start_time bigint not null,
    end_time bigint,
    calendar_name text,
    misfire_instr smallint,
    misfire_orig_fire_time bigint,
    execution_group varchar(200),
    preferred_node varchar(200),
    preferred_node_auto bool not null default false,
    retry_policy varchar(250),
    retry_attempt integer,
    continues_trigger_name text,
    continues_trigger_group text,
    continuation_condition integer,
    overlap_policy integer,
    pause_reason varchar(250),
    paused_by varchar(200),
    paused_at bigint,
    misfire_threshold bigint,
    fixed_delay bool,
    job_data bytea,
    primary key (sched_name, trigger_name, trigger_group),
    foreign key (sched_name, job_name, job_group) references jobs.qrtz_job_details (sched_name, job_name, job_group)
);

comment on table jobs.qrtz_triggers is 'When each recurring job is next due, and whether it is paused.';

create table jobs.qrtz_simple_triggers (
    sched_name text not null,
    trigger_name text not null,
    trigger_group text not null,
    repeat_count bigint not null,
    repeat_interval bigint not null,
    times_triggered bigint not null,
    primary key (sched_name, trigger_name, trigger_group),
    foreign key (sched_name, trigger_name, trigger_group)
        references jobs.qrtz_triggers (sched_name, trigger_name, trigger_group) on delete cascade
);

comment on table jobs.qrtz_simple_triggers is
    'Quartz: triggers that fire at intervals. Used only while a firing is recovered.';

create table jobs.qrtz_cron_triggers (
    sched_name text not null,
    trigger_name text not null,
    trigger_group text not null,
    cron_expression text not null,
    time_zone_id text,
    primary key (sched_name, trigger_name, trigger_group),
    foreign key (sched_name, trigger_name, trigger_group)
        references jobs.qrtz_triggers (sched_name, trigger_name, trigger_group) on delete cascade
);

comment on table jobs.qrtz_cron_triggers is 'The cron expression of each recurring job, UTC.';

create table jobs.qrtz_simprop_triggers (
    sched_name text not null,
    trigger_name text not null,
    trigger_group text not null,
    str_prop_1 text,
    str_prop_2 text,
    str_prop_3 text,
    int_prop_1 integer,
    int_prop_2 integer,
    long_prop_1 bigint,
    long_prop_2 bigint,
    dec_prop_1 numeric null,
    dec_prop_2 numeric null,
    bool_prop_1 bool,
    bool_prop_2 bool,
    time_zone_id text,
    primary key (sched_name, trigger_name, trigger_group),
    foreign key (sched_name, trigger_name, trigger_group)
        references jobs.qrtz_triggers (sched_name, trigger_name, trigger_group) on delete cascade
);

comment on table jobs.qrtz_simprop_triggers is 'Quartz: other kinds of triggers. Not used.';

create table jobs.qrtz_blob_triggers (
    sched_name text not null,
    trigger_name text not null,
    trigger_group text not null,
    blob_data bytea,
    primary key (sched_name, trigger_name, trigger_group),
    foreign key (sched_name, trigger_name, trigger_group)
        references jobs.qrtz_triggers (sched_name, trigger_name, trigger_group) on delete cascade
);

comment on table jobs.qrtz_blob_triggers is 'Quartz: triggers of kinds it does not know. Not used.';

create table jobs.qrtz_calendars (
    sched_name text not null,
    calendar_name text not null,
    calendar bytea not null,
    primary key (sched_name, calendar_name)
);

comment on table jobs.qrtz_calendars is 'Quartz: days on which nothing fires. Not used.';

create table jobs.qrtz_paused_trigger_grps (
    sched_name text not null,
    trigger_group text not null,
    pause_reason varchar(250),
    paused_by varchar(200),
    paused_at bigint,
    primary key (sched_name, trigger_group)
);

comment on table jobs.qrtz_paused_trigger_grps is 'Quartz: groups of triggers that are paused as a whole. Not used.';

create table jobs.qrtz_paused_job_grps (
    sched_name text not null,
    job_group text not null,
    pause_reason varchar(250),
    paused_by varchar(200),
    paused_at bigint,
    primary key (sched_name, job_group)
);

comment on table jobs.qrtz_paused_job_grps is 'Quartz: groups of jobs that are paused as a whole. Not used.';

create table jobs.qrtz_fired_triggers (
    sched_name text not null,
    entry_id text not null,
    trigger_name text not null,
    trigger_group text not null,
    instance_name text not null,
    fired_time bigint not null,
    sched_time bigint not null,
    priority integer not null,
    state text not null,
    job_name text,
    job_group text,
    is_nonconcurrent bool not null,
    requests_recovery bool,
    execution_group varchar(200),
    progress integer,
    progress_message varchar(250),
    interrupt_requested_time bigint,
    primary key (sched_name, entry_id)
);

comment on table jobs.qrtz_fired_triggers is
    'Firings that a node has in hand: what another node recovers when that one dies.';

create table jobs.qrtz_scheduler_state (
    sched_name text not null,
    instance_name text not null,
    last_checkin_time bigint not null,
    checkin_interval bigint not null,
    quartz_version varchar(20),
    primary key (sched_name, instance_name)
);

comment on table jobs.qrtz_scheduler_state is 'The nodes that schedule, and when each was last heard of.';

create table jobs.qrtz_locks (
    sched_name text not null,
    lock_name text not null,
    primary key (sched_name, lock_name)
);

comment on table jobs.qrtz_locks is 'The rows that nodes lock to take turns.';

create table jobs.qrtz_execution_history (
    sched_name text not null,
    entry_id text not null,
    instance_name text not null,
    job_name text not null,
    job_group text not null,
    trigger_name text not null,
    trigger_group text not null,
    fired_time bigint not null,
    run_time bigint not null,
    succeeded bool not null,
    error_message text,
    retry_attempt integer not null default 0,
    retry_scheduled bool not null default false,
    execution_log text,
    result integer,
    summary text,
    metrics text,
    manual bool,
    fire_instance_id text,
    job_input text,
    job_input_too_large bool,
    primary key (sched_name, entry_id)
);

comment on table jobs.qrtz_execution_history is
    'Quartz: its own history. Not used: runs are in backstage.execution_logs.';

create table jobs.qrtz_misfire_history (
    sched_name text not null,
    entry_id text not null,
    instance_name text not null,
    trigger_name text not null,
    trigger_group text not null,
    job_name text,
    job_group text,
    misfire_time bigint not null,
    sched_time bigint,
    reason integer,
    primary key (sched_name, entry_id)
);

comment on table jobs.qrtz_misfire_history is 'Quartz: its own history of misfires. Not used.';

create table jobs.qrtz_job_status (
    sched_name text not null,
    job_group text not null,
    job_name text not null,
    first_fired_time bigint not null,
    last_fired_time bigint not null,
    last_result integer not null,
    last_run_time bigint not null,
    last_instance_name text not null,
    last_entry_id text,
    last_summary text,
    last_success_time bigint,
    last_failure_time bigint,
    last_failure_message text,
    consecutive_failures integer not null default 0,
    run_count bigint not null default 0,
    failure_count bigint not null default 0,
    primary key (sched_name, job_group, job_name)
);

comment on table jobs.qrtz_job_status is 'Quartz: its own counts. Not used.';

create index idx_qrtz_j_g_n on jobs.qrtz_job_details (sched_name, job_group, job_name);
create index idx_qrtz_t_j on jobs.qrtz_triggers (sched_name, job_name, job_group);
create index idx_qrtz_t_g_n on jobs.qrtz_triggers (sched_name, trigger_group, trigger_name);
create index idx_qrtz_t_c on jobs.qrtz_triggers (sched_name, calendar_name);
create index idx_qrtz_t_nft_st
    on jobs.qrtz_triggers (sched_name, trigger_state, next_fire_time asc, priority desc, misfire_instr);
create index idx_qrtz_ft_inst_job_req_rcvry
    on jobs.qrtz_fired_triggers (sched_name, instance_name, requests_recovery);
create index idx_qrtz_ft_j_g on jobs.qrtz_fired_triggers (sched_name, job_name, job_group);
create index idx_qrtz_ft_t_g on jobs.qrtz_fired_triggers (sched_name, trigger_name, trigger_group);
create index idx_qrtz_eh_fired_time on jobs.qrtz_execution_history (sched_name, fired_time);
create index idx_qrtz_eh_inst on jobs.qrtz_execution_history (sched_name, instance_name);
create index idx_qrtz_mh_misfire_time on jobs.qrtz_misfire_history (sched_name, misfire_time);
create index idx_qrtz_mh_inst on jobs.qrtz_misfire_history (sched_name, instance_name);
create index idx_qrtz_eh_job_time on jobs.qrtz_execution_history (sched_name, job_group, job_name, fired_time);
create index idx_qrtz_eh_fire_inst on jobs.qrtz_execution_history (sched_name, fire_instance_id);
create index idx_qrtz_eh_trig_time
    on jobs.qrtz_execution_history (sched_name, trigger_group, trigger_name, fired_time);

-- Isolation. Nodes schedule for every tenant, and only they come here: whose a recurring job is, its group says.
grant usage on schema jobs to schemahub_writer, schemahub_app;
grant select, insert, update, delete
    on jobs.qrtz_job_details, jobs.qrtz_triggers, jobs.qrtz_simple_triggers, jobs.qrtz_cron_triggers,
        jobs.qrtz_simprop_triggers, jobs.qrtz_blob_triggers, jobs.qrtz_calendars,
        jobs.qrtz_paused_trigger_grps, jobs.qrtz_paused_job_grps, jobs.qrtz_fired_triggers,
        jobs.qrtz_scheduler_state, jobs.qrtz_locks, jobs.qrtz_execution_history, jobs.qrtz_misfire_history,
        jobs.qrtz_job_status
    to schemahub_writer;

alter table jobs.qrtz_job_details enable row level security;
alter table jobs.qrtz_job_details force row level security;
alter table jobs.qrtz_triggers enable row level security;
alter table jobs.qrtz_triggers force row level security;
alter table jobs.qrtz_simple_triggers enable row level security;
alter table jobs.qrtz_simple_triggers force row level security;
alter table jobs.qrtz_cron_triggers enable row level security;
alter table jobs.qrtz_cron_triggers force row level security;
alter table jobs.qrtz_simprop_triggers enable row level security;
alter table jobs.qrtz_simprop_triggers force row level security;
alter table jobs.qrtz_blob_triggers enable row level security;
alter table jobs.qrtz_blob_triggers force row level security;
alter table jobs.qrtz_calendars enable row level security;
alter table jobs.qrtz_calendars force row level security;
alter table jobs.qrtz_paused_trigger_grps enable row level security;
alter table jobs.qrtz_paused_trigger_grps force row level security;
alter table jobs.qrtz_paused_job_grps enable row level security;
alter table jobs.qrtz_paused_job_grps force row level security;
alter table jobs.qrtz_fired_triggers enable row level security;
alter table jobs.qrtz_fired_triggers force row level security;
alter table jobs.qrtz_scheduler_state enable row level security;
alter table jobs.qrtz_scheduler_state force row level security;
alter table jobs.qrtz_locks enable row level security;
alter table jobs.qrtz_locks force row level security;
alter table jobs.qrtz_execution_history enable row level security;
alter table jobs.qrtz_execution_history force row level security;
alter table jobs.qrtz_misfire_history enable row level security;
alter table jobs.qrtz_misfire_history force row level security;
alter table jobs.qrtz_job_status enable row level security;
alter table jobs.qrtz_job_status force row level security;

create policy writer on jobs.qrtz_job_details to schemahub_writer using (true) with check (true);
create policy writer on jobs.qrtz_triggers to schemahub_writer using (true) with check (true);
create policy writer on jobs.qrtz_simple_triggers to schemahub_writer using (true) with check (true);
create policy writer on jobs.qrtz_cron_triggers to schemahub_writer using (true) with check (true);
create policy writer on jobs.qrtz_simprop_triggers to schemahub_writer using (true) with check (true);
create policy writer on jobs.qrtz_blob_triggers to schemahub_writer using (true) with check (true);
create policy writer on jobs.qrtz_calendars to schemahub_writer using (true) with check (true);
create policy writer on jobs.qrtz_paused_trigger_grps to schemahub_writer using (true) with check (true);
create policy writer on jobs.qrtz_paused_job_grps to schemahub_writer using (true) with check (true);
create policy writer on jobs.qrtz_fired_triggers to schemahub_writer using (true) with check (true);
create policy writer on jobs.qrtz_scheduler_state to schemahub_writer using (true) with check (true);
create policy writer on jobs.qrtz_locks to schemahub_writer using (true) with check (true);
create policy writer on jobs.qrtz_execution_history to schemahub_writer using (true) with check (true);
create policy writer on jobs.qrtz_misfire_history to schemahub_writer using (true) with check (true);
create policy writer on jobs.qrtz_job_status to schemahub_writer using (true) with check (true);
