-- Whose data may only be kept and not used (GDPR Art. 18). Asked wherever consent is asked before a mail goes out.

create table sending.restrictions (
    contact_id integer not null,
    since_sequence bigint not null,
    organization_id uuid not null,
    ground varchar(50) not null,
    restricted_at timestamp not null,
    lifted_at timestamp,
    constraint restrictions_pkey primary key (contact_id, since_sequence)
);

comment on table sending.restrictions is 'From when to when a contact''s data was only kept. Projected from the log.';
comment on column sending.restrictions.since_sequence is 'The position in the log of the event that restricted it.';
comment on column sending.restrictions.ground is 'Which of the grounds of GDPR Art. 18(1).';
comment on column sending.restrictions.lifted_at is 'Null while it holds. UTC, as everything of backstage.';

create index idx_restrictions_organization_id on sending.restrictions (organization_id, contact_id);

grant select, insert, update, delete on sending.restrictions to schemahub_writer;
grant select on sending.restrictions to schemahub_app;

alter table sending.restrictions enable row level security;
alter table sending.restrictions force row level security;

create policy writer on sending.restrictions to schemahub_writer using (true) with check (true);
create policy tenant on sending.restrictions for select to schemahub_app
    using (organization_id = (select access.current_organization()));
