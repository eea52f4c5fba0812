-- backstage.md: the mailing list and the evidence behind it. Written by projections only; every time is UTC.

create table backstage.users (
    id serial not null,
    email varchar(255) not null,
    password_hash varchar(255) not null,
    role varchar(20) default 'user',
    active boolean default true,
    created_at timestamp default now(),
    updated_at timestamp default now(),
    constraint users_pkey primary key (id),
    constraint users_email_key unique (email),
    constraint users_role_check check (role in ('user', 'admin'))
);

comment on table backstage.users is 'Accounts. The address is compared without case.';
comment on column backstage.users.password_hash is 'bcrypt; "!" where no password was set, which no password matches.';

create unique index users_email_lower_key on backstage.users (lower(email collate "C"));

create table backstage.contacts (
    id serial not null,
    user_id integer,
    email varchar(255) not null,
    name varchar(255),
    subscribed boolean default true,
    unsubscribe_token varchar(64),
    metadata jsonb,
    created_at timestamp default now(),
    updated_at timestamp default now(),
    organization_id uuid not null,
    constraint contacts_pkey primary key (id),
    constraint contacts_unsubscribe_token_key unique (unsubscribe_token),
    constraint contacts_user_id_fkey foreign key (user_id) references backstage.users (id) on delete cascade
);

comment on table backstage.contacts is 'The mailing list: addresses and whether they may be sent the newsletter.';
comment on column backstage.contacts.id is 'The log position of the contact''s first event; never changes.';
comment on column backstage.contacts.user_id is 'The organization''s owner when the row was written.';
comment on column backstage.contacts.email is 'erased+<id>@erased.invalid once the person was erased.';
comment on column backstage.contacts.subscribed is
    'A consent for the newsletter is in force and the address is not suppressed.';
comment on column backstage.contacts.unsubscribe_token is
    '64 hex characters; null once the person was erased. Not readable by SQL readers: it withdraws.';
comment on column backstage.contacts.organization_id is 'Addition: the tenant, for isolation and uniqueness.';

create index idx_contacts_user_id on backstage.contacts (user_id);
create index idx_contacts_email on backstage.contacts (email);
create unique index contacts_organization_id_email_key
    on backstage.contacts (organization_id, lower(email collate "C"));

create table backstage.consent_history (
    id serial not null,
    user_id integer,
    contact_id integer,
    action varchar(50) not null,
    timestamp timestamp default now(),
    source varchar(100),
    ip_address varchar(45),
    user_agent text,
    metadata jsonb,
    organization_id uuid not null,
    constraint consent_history_pkey primary key (id),
    constraint consent_history_user_id_fkey foreign key (user_id) references backstage.users (id) on delete restrict,
    constraint consent_history_contact_id_fkey foreign key (contact_id)
        references backstage.contacts (id) on delete restrict,
    constraint consent_history_action_check check (action in ('subscribe', 'unsubscribe', 'resubscribe')),
    constraint consent_history_source_check check (source in ('email_link', 'api', 'admin', 'import', 'form'))
);

comment on table backstage.consent_history is
    'Every consent and withdrawal, kept while the consent lasts and seven years after.';
comment on column backstage.consent_history.id is 'The log position of the event behind the row.';
comment on column backstage.consent_history.timestamp is
    'When we recorded it, UTC; a claimed earlier opt-in lies in metadata.';
comment on column backstage.consent_history.ip_address is 'Null where none was seen, and once the person was erased.';
comment on column backstage.consent_history.metadata is
    'purpose (none: every purpose), basis, method, wording (SHA-256), language, reason; evidence until erasure.';
comment on column backstage.consent_history.organization_id is 'Addition: the tenant, for isolation.';

create index idx_consent_history_user_id on backstage.consent_history (user_id);
create index idx_consent_history_contact_id on backstage.consent_history (contact_id);
create index idx_consent_history_timestamp on backstage.consent_history (timestamp);

create table backstage.execution_logs (
    id serial not null,
    job_type varchar(100),
    status varchar(50),
    message text,
    executed_at timestamp default now(),
    organization_id uuid,
    job_id uuid,
    attempt smallint,
    duration_ms integer,
    stack text,
    constraint execution_logs_pkey primary key (id),
    constraint execution_logs_status_check check (status in ('success', 'failed'))
);

comment on table backstage.execution_logs is 'One row per run of a background job, written in bulk beside the log.';
comment on column backstage.execution_logs.job_type is 'The stored name of the command that was run.';
comment on column backstage.execution_logs.message is 'What it did, or why it failed. Names no person.';
comment on column backstage.execution_logs.executed_at is 'When the run ended, UTC.';
comment on column backstage.execution_logs.organization_id is
    'Addition: whose job it was; null for the installation''s own.';
comment on column backstage.execution_logs.job_id is 'Addition: the job, which may have been run several times.';
comment on column backstage.execution_logs.attempt is 'Addition: which run of the job this was, from 1.';
comment on column backstage.execution_logs.duration_ms is 'Addition: how long it took, in milliseconds.';
comment on column backstage.execution_logs.stack is
    'Addition: where in the program it failed. For the operator; not readable by queries.';

create index idx_execution_logs_job_type on backstage.execution_logs (job_type);
create index idx_execution_logs_executed_at on backstage.execution_logs (executed_at);
create index idx_execution_logs_organization_id_executed_at on backstage.execution_logs
    (organization_id, executed_at, id) where organization_id is not null;

create table backstage.app_config (
    key varchar(255) not null,
    value text,
    updated_at timestamp default now(),
    constraint app_config_pkey primary key (key)
);

comment on table backstage.app_config is 'Settings of the installation.';

create view backstage.consent_stats with (security_invoker = true) as
select
    h.organization_id,
    h.user_id,
    coalesce(h.metadata ->> 'purpose', '*') as purpose,
    h.action,
    h.source,
    date_trunc('day', h.timestamp) as day,
    count(*) as changes
from backstage.consent_history h
group by h.organization_id, h.user_id, coalesce(h.metadata ->> 'purpose', '*'), h.action, h.source,
    date_trunc('day', h.timestamp);

comment on view backstage.consent_stats is 'Consent changes per organization, purpose, action, source and UTC day.';

-- Isolation. The writer projects for every tenant; the service queries under the tenant it set; a reader sees the
-- organization its login belongs to, whatever it sets.
grant usage on schema backstage to schemahub_writer, schemahub_app, schemahub_reader;
grant select, insert, update, delete
    on backstage.users, backstage.contacts, backstage.consent_history, backstage.app_config to schemahub_writer;
grant select, insert, delete on backstage.execution_logs to schemahub_writer;
grant select (id, job_type, status, message, executed_at, organization_id, job_id, attempt, duration_ms)
    on backstage.execution_logs to schemahub_app, schemahub_reader;
grant usage on all sequences in schema backstage to schemahub_writer;
grant select on backstage.consent_stats to schemahub_writer, schemahub_app, schemahub_reader;
grant select on backstage.users, backstage.consent_history to schemahub_app, schemahub_reader;
grant select on backstage.contacts to schemahub_app;
-- Without unsubscribe_token: whoever has it can withdraw in the person's name.
grant select (id, user_id, email, name, subscribed, metadata, created_at, updated_at, organization_id)
    on backstage.contacts to schemahub_reader;

alter table backstage.users enable row level security;
alter table backstage.users force row level security;
alter table backstage.contacts enable row level security;
alter table backstage.contacts force row level security;
alter table backstage.consent_history enable row level security;
alter table backstage.consent_history force row level security;
alter table backstage.execution_logs enable row level security;
alter table backstage.execution_logs force row level security;
alter table backstage.app_config enable row level security;
alter table backstage.app_config force row level security;

create policy writer on backstage.users to schemahub_writer using (true) with check (true);
create policy writer on backstage.contacts to schemahub_writer using (true) with check (true);
create policy writer on backstage.consent_history to schemahub_writer using (true) with check (true);
create policy writer on backstage.execution_logs to schemahub_writer using (true) with check (true);
create policy writer on backstage.app_config to schemahub_writer using (true) with check (true);

create policy tenant on backstage.contacts for select to schemahub_app
    using (organization_id = (select access.current_organization()));
create policy tenant on backstage.consent_history for select to schemahub_app
    using (organization_id = (select access.current_organization()));
create policy tenant on backstage.execution_logs for select to schemahub_app
    using (organization_id = (select access.current_organization()));
create policy tenant on backstage.users for select to schemahub_app
    using (id in (select access.current_owners()));

create policy reader on backstage.contacts for select to schemahub_reader
    using (organization_id = (select access.reader_organization()));
create policy reader on backstage.consent_history for select to schemahub_reader
    using (organization_id = (select access.reader_organization()));
create policy reader on backstage.execution_logs for select to schemahub_reader
    using (organization_id = (select access.reader_organization()));
create policy reader on backstage.users for select to schemahub_reader
    using (id in (select access.reader_owners()));

-- A reader has no business with password hashes.
revoke select on backstage.users from schemahub_app, schemahub_reader;
grant select (id, email, role, active, created_at, updated_at) on backstage.users to schemahub_app, schemahub_reader;
