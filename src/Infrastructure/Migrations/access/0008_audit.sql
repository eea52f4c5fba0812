-- Who did what, from what to what, from where and when, whichever published schemas are switched on. Projected from the
-- log; one place to search. What happens to contacts has its own evidence: backstage.consent_history.

create table access.audit_entries (
    sequence bigint not null,
    organization_id uuid,
    actor varchar(100) not null,
    user_id uuid,
    event varchar(100) not null,
    action varchar(10) not null,
    resource_type varchar(100) not null,
    resource_id uuid not null,
    resource_version bigint not null,
    changes jsonb not null,
    ip_address inet,
    user_agent text,
    recorded_at timestamptz not null,
    is_change boolean not null,
    kind varchar(100),
    severity varchar(10),
    concerns_user_id uuid,
    constraint pk_audit_entries primary key (sequence),
    constraint ck_audit_entries_action check (action in ('CREATE', 'UPDATE', 'DELETE'))
);

comment on table access.audit_entries is 'Every audited fact, once. No contact''s personal data; an import is one row.';
comment on column access.audit_entries.sequence is 'The position in the log of the event behind the row.';
comment on column access.audit_entries.organization_id is 'Null for what belongs to the installation itself.';
comment on column access.audit_entries.actor is
    'Who did it, by an id that names no person: user:…, key:…, operator, schedule, system, public.';
comment on column access.audit_entries.user_id is 'The account that did it; null for programs and the service.';
comment on column access.audit_entries.event is 'The stored name of the event.';
comment on column access.audit_entries.resource_type is 'What kind of thing was changed, such as member.';
comment on column access.audit_entries.resource_id is 'The id of the thing''s stream.';
comment on column access.audit_entries.resource_version is 'The thing''s version after the change.';
comment on column access.audit_entries.changes is 'before and after, each with the values that differ; no secrets.';
comment on column access.audit_entries.ip_address is 'Where the request came from; null once the account was removed.';
comment on column access.audit_entries.user_agent is
    'As the caller''s program names itself; null once the account was removed.';
comment on column access.audit_entries.is_change is
    'False for what was tried and did not come about, as a failed sign-in: it touches security, and changed nothing.';
comment on column access.audit_entries.kind is 'What touched access; null where nothing did.';
comment on column access.audit_entries.severity is 'info, low, medium, high or critical; null where kind is.';
comment on column access.audit_entries.concerns_user_id is 'Whose account it concerns, where that is known.';

-- By position in the log, which is the order of time; each filter has its own.
create index idx_audit_entries_organization_id on access.audit_entries (organization_id, sequence);
create index idx_audit_entries_recorded_at on access.audit_entries (organization_id, recorded_at, sequence);
create index idx_audit_entries_actor on access.audit_entries (organization_id, actor, sequence);
create index idx_audit_entries_resource_type on access.audit_entries (organization_id, resource_type, sequence);
create index idx_audit_entries_resource_id on access.audit_entries (organization_id, resource_id, sequence);
create index idx_audit_entries_severity
    on access.audit_entries (organization_id, sequence) where severity is not null;
create index idx_audit_entries_concerns_user_id
    on access.audit_entries (concerns_user_id) where concerns_user_id is not null;
create index idx_audit_entries_user_id on access.audit_entries (user_id, sequence) where user_id is not null;

grant select, insert, update, delete on access.audit_entries to schemahub_writer;
grant select on access.audit_entries to schemahub_app;

alter table access.audit_entries enable row level security;
alter table access.audit_entries force row level security;

create policy writer on access.audit_entries to schemahub_writer using (true) with check (true);
create policy tenant on access.audit_entries for select to schemahub_app
    using (organization_id = (select access.current_organization()));
