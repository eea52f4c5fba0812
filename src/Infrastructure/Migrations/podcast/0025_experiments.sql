-- Trying things out, and seeing people come and go.

create table podcast.experiments (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    name varchar(200) not null,
    description text,
    status varchar(20) not null default 'draft',
    start_date date,
    end_date date,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint experiments_pkey primary key (id),
    constraint experiments_tenant_id_fkey foreign key (tenant_id) references podcast.tenants (id) on delete cascade,
    constraint experiments_name_check check (name <> ''),
    constraint experiments_status_check check (status in ('draft', 'running', 'paused', 'completed', 'cancelled')),
    constraint experiments_end_date_check check (end_date >= start_date)
);

comment on table podcast.experiments is 'A/B tests.';
comment on column podcast.experiments.end_date is 'The last day, UTC; null where it is open.';

create index idx_experiments_tenant_id_id on podcast.experiments (tenant_id, id);
create index idx_experiments_tenant_id_status_id on podcast.experiments (tenant_id, status, id);

create table podcast.experiment_assignments (
    experiment_id uuid not null,
    user_id uuid not null,
    variant varchar(100) not null,
    assigned_at timestamptz not null default now(),
    tenant_id uuid not null,
    constraint experiment_assignments_pkey primary key (experiment_id, user_id),
    constraint experiment_assignments_experiment_id_fkey foreign key (experiment_id)
        references podcast.experiments (id) on delete cascade,
    constraint experiment_assignments_user_id_fkey foreign key (user_id)
        references podcast.users (id) on delete cascade,
    constraint experiment_assignments_tenant_id_fkey foreign key (tenant_id)
        references podcast.tenants (id) on delete cascade,
    constraint experiment_assignments_variant_check check (variant <> '')
);

comment on table podcast.experiment_assignments is 'Which variant of an experiment a person gets: always the same one.';
comment on column podcast.experiment_assignments.variant is 'For example control; the document names no values.';
comment on column podcast.experiment_assignments.tenant_id is 'Addition: the experiment''s tenant, for isolation.';

create index idx_experiment_assignments_user_id on podcast.experiment_assignments (user_id);
create index idx_experiment_assignments_tenant_id_experiment_id_user_id
    on podcast.experiment_assignments (tenant_id, experiment_id, user_id);

create table podcast.experiment_events (
    id uuid not null default public.uuid_generate_v4(),
    experiment_id uuid not null,
    user_id uuid,
    event_type varchar(100) not null,
    event_data jsonb,
    occurred_at timestamptz not null default now(),
    tenant_id uuid not null,
    constraint experiment_events_pkey primary key (id),
    constraint experiment_events_experiment_id_fkey foreign key (experiment_id)
        references podcast.experiments (id) on delete cascade,
    constraint experiment_events_user_id_fkey foreign key (user_id) references podcast.users (id) on delete set null,
    constraint experiment_events_tenant_id_fkey foreign key (tenant_id)
        references podcast.tenants (id) on delete cascade,
    constraint experiment_events_event_type_check check (event_type <> '')
);

comment on table podcast.experiment_events is 'What people did while they were part of an experiment.';
comment on column podcast.experiment_events.user_id is 'Null once the account is gone: the result stays.';
comment on column podcast.experiment_events.event_type is 'What was done, for example viewed or converted.';
comment on column podcast.experiment_events.event_data is 'What else is known about it, as the experiment needs it.';
comment on column podcast.experiment_events.tenant_id is 'Addition: the experiment''s tenant, for isolation.';

create index idx_experiment_events_tenant_id_id on podcast.experiment_events (tenant_id, id);
create index idx_experiment_events_experiment_id_id on podcast.experiment_events (experiment_id, id);
create index idx_experiment_events_user_id_id on podcast.experiment_events (user_id, id);
create index idx_experiment_events_occurred_at on podcast.experiment_events (occurred_at);

create table podcast.churn_events (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    user_id uuid,
    churn_reason varchar(500),
    churn_data jsonb,
    occurred_at timestamptz not null default now(),
    constraint churn_events_pkey primary key (id),
    constraint churn_events_tenant_id_fkey foreign key (tenant_id) references podcast.tenants (id) on delete cascade,
    constraint churn_events_user_id_fkey foreign key (user_id) references podcast.users (id) on delete set null
);

comment on table podcast.churn_events is 'People who left.';
comment on column podcast.churn_events.user_id is 'Null once the account is gone: that somebody left stays.';
comment on column podcast.churn_events.churn_reason is 'As the person said it; null where nothing was said.';
comment on column podcast.churn_events.churn_data is 'What was known about the person''s use at that time.';

create index idx_churn_events_tenant_id_id on podcast.churn_events (tenant_id, id);
create index idx_churn_events_user_id_id on podcast.churn_events (user_id, id);
create index idx_churn_events_occurred_at on podcast.churn_events (occurred_at);

create table podcast.onboarding_steps (
    id uuid not null default public.uuid_generate_v4(),
    step_key varchar(100) not null,
    step_name varchar(200) not null,
    description text,
    order_index integer not null,
    required boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint onboarding_steps_pkey primary key (id),
    constraint onboarding_steps_step_key_key unique (step_key),
    constraint onboarding_steps_step_key_check check (step_key <> ''),
    constraint onboarding_steps_step_name_check check (step_name <> ''),
    constraint onboarding_steps_order_index_check check (order_index >= 0)
);

comment on table podcast.onboarding_steps is 'What somebody new is led through, the same in every tenant.';
comment on column podcast.onboarding_steps.step_key is 'By which programs know the step.';
comment on column podcast.onboarding_steps.order_index is 'From low to high.';
comment on column podcast.onboarding_steps.required is 'It cannot be skipped.';

create table podcast.onboarding_progress (
    user_id uuid not null,
    step_id uuid not null,
    completed_at timestamptz,
    skipped_at timestamptz,
    constraint onboarding_progress_pkey primary key (user_id, step_id),
    constraint onboarding_progress_user_id_fkey foreign key (user_id) references podcast.users (id) on delete cascade,
    constraint onboarding_progress_step_id_fkey foreign key (step_id)
        references podcast.onboarding_steps (id) on delete cascade,
    constraint onboarding_progress_skipped_at_check check ((completed_at is null) <> (skipped_at is null))
);

comment on table podcast.onboarding_progress is
    'The steps a person is done with, by completing or by skipping them; a step that is open has no row.';

create index idx_onboarding_progress_step_id on podcast.onboarding_progress (step_id);

grant select, insert, update, delete
    on podcast.experiments, podcast.experiment_assignments, podcast.experiment_events, podcast.churn_events,
    podcast.onboarding_steps, podcast.onboarding_progress
    to schemahub_writer;
grant select
    on podcast.experiments, podcast.experiment_assignments, podcast.experiment_events, podcast.churn_events,
    podcast.onboarding_steps, podcast.onboarding_progress
    to schemahub_app, schemahub_reader;

alter table podcast.experiments enable row level security;
alter table podcast.experiments force row level security;
alter table podcast.experiment_assignments enable row level security;
alter table podcast.experiment_assignments force row level security;
alter table podcast.experiment_events enable row level security;
alter table podcast.experiment_events force row level security;
alter table podcast.churn_events enable row level security;
alter table podcast.churn_events force row level security;
alter table podcast.onboarding_steps enable row level security;
alter table podcast.onboarding_steps force row level security;
alter table podcast.onboarding_progress enable row level security;
alter table podcast.onboarding_progress force row level security;

create policy writer on podcast.experiments to schemahub_writer using (true) with check (true);
create policy writer on podcast.experiment_assignments to schemahub_writer using (true) with check (true);
create policy writer on podcast.experiment_events to schemahub_writer using (true) with check (true);
create policy writer on podcast.churn_events to schemahub_writer using (true) with check (true);
create policy writer on podcast.onboarding_steps to schemahub_writer using (true) with check (true);
create policy writer on podcast.onboarding_progress to schemahub_writer using (true) with check (true);

create policy tenant_isolation on podcast.experiments for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.experiment_assignments for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.experiment_events for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.churn_events for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant on podcast.onboarding_steps for select to schemahub_app using (true);
create policy tenant_isolation on podcast.onboarding_progress for select to schemahub_app
    using (user_id = any (array(select podcast.current_members())));

create policy reader on podcast.experiments for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.experiment_assignments for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.experiment_events for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.churn_events for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.onboarding_steps for select to schemahub_reader
    using ((select access.reader_organization()) is not null);
create policy reader on podcast.onboarding_progress for select to schemahub_reader
    using (user_id = any (array(select access.reader_memberships())));
