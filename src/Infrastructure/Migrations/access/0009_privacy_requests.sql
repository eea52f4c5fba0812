-- What persons demanded under the GDPR, whichever published schemas are switched on, and the archives made for them.

create table access.privacy_requests (
    id uuid not null,
    organization_id uuid,
    request_type varchar(20) not null,
    subject_kind varchar(10) not null,
    subject_id uuid not null,
    contact_id integer,
    status varchar(20) not null,
    requested_at timestamptz not null,
    due_on date not null,
    is_extended boolean not null,
    extension_reason varchar(4000),
    ended_at timestamptz,
    outcome varchar(20),
    sha256 varchar(64),
    size_bytes bigint,
    evidence bigint,
    rejection_ground varchar(20),
    rejection_reason varchar(4000),
    note varchar(4000),
    forgotten_at timestamptz,
    constraint pk_privacy_requests primary key (id),
    constraint ck_privacy_requests_subject_kind check (subject_kind in ('contact', 'user')),
    constraint ck_privacy_requests_status check (
        status in ('pending', 'in_progress', 'completed', 'rejected', 'cancelled')
    )
);

comment on table access.privacy_requests is
    'What persons demanded, by when it is to be done, and what became of it. Projected from the log.';
comment on column access.privacy_requests.organization_id is 'Null for accounts that belong to no organization.';
comment on column access.privacy_requests.subject_id is
    'Whom it is about: the id of their stream, a keyed hash of the address. It outlives an erasure.';
comment on column access.privacy_requests.contact_id is 'The published id of a contact that was known.';
comment on column access.privacy_requests.due_on is 'The last day in time, UTC (GDPR Art. 12(3)).';
comment on column access.privacy_requests.sha256 is 'Of the archive that was handed out.';
comment on column access.privacy_requests.evidence is 'The position in the log of what was done.';
comment on column access.privacy_requests.forgotten_at is 'From then on notes and reasons are gone.';

create index idx_privacy_requests_organization_id on access.privacy_requests (organization_id, id);
create index idx_privacy_requests_open on access.privacy_requests (due_on) where ended_at is null;
create index idx_privacy_requests_subject_id on access.privacy_requests (subject_id, id);
create index idx_privacy_requests_contact_id on access.privacy_requests (contact_id) where ended_at is null;

create table access.privacy_archives (
    request_id uuid not null,
    organization_id uuid,
    made_at timestamptz not null,
    sealed_key bytea not null,
    is_complete boolean not null default false,
    constraint pk_privacy_archives primary key (request_id)
);

comment on table access.privacy_archives is
    'Archives that wait to be fetched, for a month. Written beside the log; their hashes are in it.';
comment on column access.privacy_archives.sealed_key is
    'The key of this archive alone, encrypted with the installation''s master key.';

create table access.privacy_archive_parts (
    request_id uuid not null,
    part integer not null,
    sealed bytea not null,
    constraint pk_privacy_archive_parts primary key (request_id, part),
    constraint fk_privacy_archive_parts_request_id foreign key (request_id)
        references access.privacy_archives (request_id) on delete cascade
);

comment on table access.privacy_archive_parts is 'An archive, cut into parts and encrypted.';

create index idx_privacy_archives_made_at on access.privacy_archives (made_at);
create index idx_privacy_archives_organization_id on access.privacy_archives (organization_id, request_id);

grant select, insert, update, delete
    on access.privacy_requests, access.privacy_archives, access.privacy_archive_parts to schemahub_writer;
grant select on access.privacy_requests to schemahub_app;
grant select (request_id, organization_id, made_at, is_complete) on access.privacy_archives to schemahub_app;

alter table access.privacy_requests enable row level security;
alter table access.privacy_requests force row level security;
alter table access.privacy_archives enable row level security;
alter table access.privacy_archives force row level security;
alter table access.privacy_archive_parts enable row level security;
alter table access.privacy_archive_parts force row level security;

create policy writer on access.privacy_requests to schemahub_writer using (true) with check (true);
create policy writer on access.privacy_archives to schemahub_writer using (true) with check (true);
create policy writer on access.privacy_archive_parts to schemahub_writer using (true) with check (true);
create policy tenant on access.privacy_requests for select to schemahub_app
    using (organization_id = (select access.current_organization()));
create policy tenant on access.privacy_archives for select to schemahub_app
    using (organization_id = (select access.current_organization()));
