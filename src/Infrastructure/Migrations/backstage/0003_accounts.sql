-- backstage.md, core tables: who is signed in, and how much a person may send a day. Every time is UTC.

create table backstage.sessions (
    id varchar not null,
    user_id integer,
    expires_at timestamp not null,
    session_token varchar not null,
    constraint sessions_pkey primary key (id),
    constraint sessions_session_token_key unique (session_token),
    constraint sessions_user_id_fkey foreign key (user_id) references backstage.users (id) on delete cascade
);

comment on table backstage.sessions is
    'Who is signed in, until when. A session is a person''s, and no organization''s to see.';
comment on column backstage.sessions.id is 'Names the session, to list and end it; opens nothing.';
comment on column backstage.sessions.expires_at is 'From this instant on the token opens nothing.';
comment on column backstage.sessions.session_token is
    'SHA-256 of the token, in hex: the token itself is only with the person. Not readable by SQL readers.';

create index idx_sessions_user_id on backstage.sessions (user_id);

create table backstage.quota_tracking (
    id serial not null,
    user_id integer,
    emails_sent_today integer default 0,
    last_reset_date date default current_date,
    monthly_limit integer default 1000,
    created_at timestamp default now(),
    updated_at timestamp default now(),
    constraint quota_tracking_pkey primary key (id),
    constraint quota_tracking_user_id_key unique (user_id),
    constraint quota_tracking_user_id_fkey foreign key (user_id) references backstage.users (id) on delete cascade
);

comment on table backstage.quota_tracking is
    'How many mails a person''s organizations sent today, and how many they may send a day, all together.';
comment on column backstage.quota_tracking.user_id is 'The owner of the organizations that send; one row per person.';
comment on column backstage.quota_tracking.emails_sent_today is
    'Mails of the day last_reset_date; on any later UTC day it counts as 0, whoever looks first.';
comment on column backstage.quota_tracking.last_reset_date is 'The UTC day that emails_sent_today counts.';
comment on column backstage.quota_tracking.monthly_limit is
    'Mails per UTC day. The name says month; the document describes it as the daily limit, and so it is kept.';

-- Repeats the unique constraint; the document's readers look for it under this name.
create index idx_quota_tracking_user_id on backstage.quota_tracking (user_id);

-- Isolation. Neither table has a tenant. Nobody but the writer sees sessions: a person may be signed in for the sake of
-- another organization. A quota is seen where its person is the owner now, without what was sent: that is what all of
-- the owner's organizations sent together.
grant select, insert, update, delete on backstage.sessions, backstage.quota_tracking to schemahub_writer;
grant usage on sequence backstage.quota_tracking_id_seq to schemahub_writer;
grant select (id, user_id, expires_at) on backstage.sessions to schemahub_app, schemahub_reader;
grant select (id, user_id, monthly_limit, created_at) on backstage.quota_tracking to schemahub_app, schemahub_reader;

alter table backstage.sessions enable row level security;
alter table backstage.sessions force row level security;
alter table backstage.quota_tracking enable row level security;
alter table backstage.quota_tracking force row level security;

create policy writer on backstage.sessions to schemahub_writer using (true) with check (true);

create policy writer on backstage.quota_tracking to schemahub_writer using (true) with check (true);
create policy tenant on backstage.quota_tracking for select to schemahub_app
    using (user_id = (select access.current_owner()));
create policy reader on backstage.quota_tracking for select to schemahub_reader
    using (user_id = (select access.reader_owner()));

-- Organizations have members now. Former owners stay visible: rows written in their time bear their id. As an array,
-- which the primary key can look up; with "in (select …)" everybody is read.
alter policy tenant on backstage.users
    using (id = any (array(select access.current_member_numbers() union select access.current_owners())));
alter policy reader on backstage.users
    using (id = any (array(select access.reader_member_numbers() union select access.reader_owners())));
