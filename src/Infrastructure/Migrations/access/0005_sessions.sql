-- Where people are signed in, and what an organization has subscribed to. Projected from the log.

create table access.sessions (
    id uuid not null,
    user_id uuid not null,
    organization_id uuid,
    organization_chosen_at timestamptz,
    kind varchar(10) not null,
    token_hash bytea not null,
    ip inet,
    user_agent varchar(1024),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    ended_reason varchar(50),
    constraint pk_sessions primary key (id),
    constraint uq_sessions_token_hash unique (token_hash),
    constraint ck_sessions_kind check (kind in ('browser', 'program'))
);

comment on table access.sessions is 'Where people are signed in, and were.';
comment on column access.sessions.organization_id is
    'The organization that the person works in; null before one is chosen.';
comment on column access.sessions.organization_chosen_at is
    'When the person chose the organization in this session; null where the session began there.';
comment on column access.sessions.kind is
    'browser: by a cookie. program: by an access token, prolonged by a refresh token.';
comment on column access.sessions.token_hash is
    'SHA-256 of the cookie or of the refresh token; not readable by others.';
comment on column access.sessions.ended_at is 'From then on it opens nothing; null while it lives.';

create index idx_sessions_user_id_created_at on access.sessions (user_id, created_at, id);

grant select, insert, update, delete on access.sessions to schemahub_writer;
alter table access.sessions enable row level security;
alter table access.sessions force row level security;
create policy writer on access.sessions to schemahub_writer using (true) with check (true);

alter table access.organizations add column plan varchar(20) not null default 'free';
alter table access.organizations add column seats integer;
alter table access.organizations add constraint ck_organizations_plan check (plan in ('free', 'pro', 'business'));
alter table access.organizations add constraint ck_organizations_seats check (seats > 0);

comment on column access.organizations.plan is 'free, pro or business.';
comment on column access.organizations.seats is 'How many members it may have; null: as many as its plan has.';
