-- snorq.md: people, organizations and who belongs to which. Projected from the aggregates User and Organization. Ids
-- are cuids, made from the id of the stream behind the row; times are timestamp(3), as Prisma makes them, always UTC.

-- Documented. Cuids do not need it; the schema podcast does.
create extension if not exists "uuid-ossp" with schema public;

create type snorq."Platform" as enum ('TIKTOK', 'WHATSAPP', 'FACEBOOK');
create type snorq."PlanType" as enum ('FREE', 'PRO', 'BUSINESS');
create type snorq."MemberRole" as enum ('OWNER', 'ADMIN', 'MEMBER');
create type snorq."ConnectionStatus" as enum ('ACTIVE', 'EXPIRED', 'ERROR', 'DISCONNECTED');
create type snorq."ConversationStatus" as enum ('OPEN', 'CLOSED', 'ARCHIVED');
create type snorq."MessageDirection" as enum ('INBOUND', 'OUTBOUND');
create type snorq."ContentType" as enum ('TEXT', 'IMAGE', 'VIDEO', 'AUDIO', 'FILE', 'STICKER', 'LOCATION');
create type snorq."MessageStatus" as enum ('PENDING', 'SENT', 'DELIVERED', 'READ', 'FAILED');

comment on type snorq."Platform" is 'TikTok direct messages, WhatsApp Business, Facebook Messenger.';
comment on type snorq."PlanType" is
    'FREE: 1 user, 30 days of history. PRO: 3 users, all history. BUSINESS: 4 users, all history, API access.';
comment on type snorq."MemberRole" is
    'OWNER: everything, and billing. ADMIN: members and settings. MEMBER: views and sends messages.';
comment on type snorq."ConnectionStatus" is
    'ACTIVE works; EXPIRED wants a new token; ERROR, see error_message; DISCONNECTED by a person.';
comment on type snorq."ConversationStatus" is 'OPEN: active. CLOSED: by a person. ARCHIVED: kept for reference.';
comment on type snorq."MessageDirection" is 'INBOUND: from the contact. OUTBOUND: to the contact.';
comment on type snorq."ContentType" is 'What a message consists of; AUDIO includes voice messages.';
comment on type snorq."MessageStatus" is
    'Only forward: PENDING, SENT (to the platform), DELIVERED, READ (by the contact). FAILED from PENDING or SENT.';

-- Prisma makes cuids in the client; a default makes them for whoever has none.
create function snorq.cuid() returns text
    language sql volatile parallel safe set search_path = pg_catalog
    as $$ select access.cuid(gen_random_uuid()) $$;

comment on function snorq.cuid() is 'A new cuid. The service names its rows itself, after their streams.';

revoke all on function snorq.cuid() from public;
grant execute on function snorq.cuid() to schemahub_writer;

create table snorq.users (
    id text not null default snorq.cuid(),
    email text not null,
    name text,
    avatar_url text,
    google_id text,
    created_at timestamp(3) not null default now(),
    updated_at timestamp(3) not null,
    constraint users_pkey primary key (id),
    constraint users_email_key unique (email),
    constraint users_google_id_key unique (google_id)
);

comment on table snorq.users is 'People who sign in. A person exists once, in however many organizations.';
comment on column snorq.users.email is 'What the person signs in with; compared without case.';
comment on column snorq.users.google_id is 'The person at Google, who may sign in that way.';

create unique index users_email_lower_key on snorq.users (lower(email));

create table snorq.organizations (
    id text not null default snorq.cuid(),
    name text not null,
    slug text not null,
    plan snorq."PlanType" not null default 'FREE',
    owner_id text not null,
    created_at timestamp(3) not null default now(),
    updated_at timestamp(3) not null,
    constraint organizations_pkey primary key (id),
    constraint organizations_slug_key unique (slug),
    constraint organizations_owner_id_fkey foreign key (owner_id) references snorq.users (id) on delete cascade
);

comment on table snorq.organizations is 'The tenants.';
comment on column snorq.organizations.slug is 'Its name in URLs.';
comment on column snorq.organizations.owner_id is
    'Its one owner, who is also its only OWNER in organization_members: the two change together. Whoever owns an '
    'organization is not deleted before ownership moves, so that the documented cascade never happens.';

create index idx_organizations_owner_id on snorq.organizations (owner_id);

create table snorq.organization_members (
    id text not null default snorq.cuid(),
    role snorq."MemberRole" not null default 'MEMBER',
    organization_id text not null,
    user_id text not null,
    joined_at timestamp(3) not null default now(),
    constraint organization_members_pkey primary key (id),
    constraint organization_members_organization_id_user_id_key unique (organization_id, user_id),
    constraint organization_members_organization_id_fkey foreign key (organization_id)
        references snorq.organizations (id) on delete cascade,
    constraint organization_members_user_id_fkey foreign key (user_id) references snorq.users (id) on delete cascade
);

comment on table snorq.organization_members is 'Who belongs to which organization, once each, and as what.';

create index idx_organization_members_user_id on snorq.organization_members (user_id);

-- Isolation. The writer projects for every tenant; the service queries under the tenant it set; a reader sees the
-- organization its login belongs to, whatever it sets. A person is seen by the organizations it is a member of.
-- Members are asked for as an array, which the primary key can look up; with "in (select …)" everybody is read.
grant usage on schema snorq to schemahub_writer, schemahub_app, schemahub_reader;
grant select, insert, update, delete
    on snorq.users, snorq.organizations, snorq.organization_members to schemahub_writer;
-- How a person signs in is no organization's to know.
grant select (id, email, name, avatar_url, created_at, updated_at) on snorq.users to schemahub_app, schemahub_reader;
grant select on snorq.organizations, snorq.organization_members to schemahub_app, schemahub_reader;

alter table snorq.users enable row level security;
alter table snorq.users force row level security;
alter table snorq.organizations enable row level security;
alter table snorq.organizations force row level security;
alter table snorq.organization_members enable row level security;
alter table snorq.organization_members force row level security;

create policy writer on snorq.users to schemahub_writer using (true) with check (true);
create policy writer on snorq.organizations to schemahub_writer using (true) with check (true);
create policy writer on snorq.organization_members to schemahub_writer using (true) with check (true);

create policy tenant on snorq.users for select to schemahub_app
    using (id = any (array(select access.current_member_cuids())));
create policy tenant on snorq.organizations for select to schemahub_app
    using (id = (select access.current_organization_cuid()));
create policy tenant on snorq.organization_members for select to schemahub_app
    using (organization_id = (select access.current_organization_cuid()));

create policy reader on snorq.users for select to schemahub_reader
    using (id = any (array(select access.reader_member_cuids())));
create policy reader on snorq.organizations for select to schemahub_reader
    using (id = (select access.reader_organization_cuid()));
create policy reader on snorq.organization_members for select to schemahub_reader
    using (organization_id = (select access.reader_organization_cuid()));
