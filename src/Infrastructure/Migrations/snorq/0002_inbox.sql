-- snorq.md: one inbox for the messages of several platforms. Every time is UTC.

create table snorq.platform_connections (
    id text not null default snorq.cuid(),
    platform snorq."Platform" not null,
    platform_user_id text not null,
    platform_username text,
    platform_display_name text,
    access_token text not null,
    refresh_token text,
    token_expires_at timestamp(3),
    status snorq."ConnectionStatus" not null default 'ACTIVE',
    last_sync_at timestamp(3),
    error_message text,
    organization_id text not null,
    created_at timestamp(3) not null default now(),
    updated_at timestamp(3) not null,
    constraint platform_connections_pkey primary key (id),
    -- Cut to 63 bytes as Prisma cuts it.
    constraint platform_connections_organization_id_platform_platform_user_key
        unique (organization_id, platform, platform_user_id),
    constraint platform_connections_organization_id_fkey foreign key (organization_id)
        references snorq.organizations (id) on delete cascade
);

comment on table snorq.platform_connections is
    'Accounts at platforms whose messages an organization reads and answers.';
comment on column snorq.platform_connections.platform_user_id is 'The account, as the platform names it.';
comment on column snorq.platform_connections.access_token is
    'Encrypted (AES-256-GCM): key id, nonce, tag, ciphertext, with colons between. Not readable by SQL readers.';
comment on column snorq.platform_connections.refresh_token is
    'Encrypted as access_token is. Not readable by SQL readers.';
comment on column snorq.platform_connections.token_expires_at is 'When access_token ends; null where it does not.';
comment on column snorq.platform_connections.last_sync_at is 'When messages were last fetched.';
comment on column snorq.platform_connections.error_message is 'Why it does not work, where status is ERROR.';

-- One connection per platform and organization, of those that work: a former one keeps its conversations.
create unique index platform_connections_organization_id_platform_active_key
    on snorq.platform_connections (organization_id, platform) where status = 'ACTIVE';

create table snorq.conversations (
    id text not null default snorq.cuid(),
    platform snorq."Platform" not null,
    external_id text not null,
    external_thread_id text,
    contact_external_id text not null,
    contact_name text,
    contact_username text,
    contact_avatar_url text,
    last_message_preview text,
    last_message_at timestamp(3),
    unread_count integer not null default 0,
    status snorq."ConversationStatus" not null default 'OPEN',
    labels text[] default '{}',
    organization_id text not null,
    platform_connection_id text not null,
    created_at timestamp(3) not null default now(),
    updated_at timestamp(3) not null,
    constraint conversations_pkey primary key (id),
    constraint conversations_platform_connection_id_external_id_key unique (platform_connection_id, external_id),
    constraint conversations_organization_id_fkey foreign key (organization_id)
        references snorq.organizations (id) on delete cascade,
    constraint conversations_platform_connection_id_fkey foreign key (platform_connection_id)
        references snorq.platform_connections (id) on delete cascade
);

comment on table snorq.conversations is 'All messages with one contact through one connection.';
comment on column snorq.conversations.platform is 'That of the connection, repeated here so that lists need no join.';
comment on column snorq.conversations.external_id is 'The conversation, as the platform names it.';
comment on column snorq.conversations.external_thread_id is 'The thread within it, where the platform has threads.';
comment on column snorq.conversations.contact_external_id is 'The contact, as the platform names it.';
comment on column snorq.conversations.last_message_preview is
    'The beginning of the latest message, repeated here so that the inbox needs no join.';
comment on column snorq.conversations.last_message_at is 'When the latest message arrived or left: the inbox''s order.';
comment on column snorq.conversations.unread_count is 'Inbound messages that nobody has looked at.';
comment on column snorq.conversations.labels is 'The names of its labels (conversation_labels), in order of name.';

-- Documented: the inbox by last change of any kind.
create index idx_conversations_organization_id_updated_at on snorq.conversations (organization_id, updated_at desc);
create index idx_conversations_platform_updated_at on snorq.conversations (platform, updated_at desc);
-- The inbox's order: giving a conversation a label must not move it to the top.
create index idx_conversations_organization_id_last_message_at
    on snorq.conversations (organization_id, last_message_at desc);

create table snorq.messages (
    id text not null default snorq.cuid(),
    external_id text,
    direction snorq."MessageDirection" not null,
    content text,
    content_type snorq."ContentType" not null default 'TEXT',
    media_url text,
    media_type text,
    media_thumbnail text,
    status snorq."MessageStatus" not null default 'SENT',
    sent_by_user_id text,
    platform_timestamp timestamp(3),
    conversation_id text not null,
    created_at timestamp(3) not null default now(),
    updated_at timestamp(3) not null,
    organization_id text not null,
    constraint messages_pkey primary key (id),
    constraint messages_sent_by_user_id_fkey foreign key (sent_by_user_id)
        references snorq.users (id) on delete set null,
    constraint messages_conversation_id_fkey foreign key (conversation_id)
        references snorq.conversations (id) on delete cascade,
    constraint messages_organization_id_fkey foreign key (organization_id)
        references snorq.organizations (id) on delete cascade
);

comment on table snorq.messages is 'What was written, by the contact or to it. Kept 30 days on the plan FREE.';
comment on column snorq.messages.external_id is 'The message, as the platform names it; null until it has a name.';
comment on column snorq.messages.content is 'The text; null where there is none.';
comment on column snorq.messages.media_type is 'The MIME type of what is at media_url.';
comment on column snorq.messages.media_thumbnail is 'The URL of a small picture of it.';
comment on column snorq.messages.sent_by_user_id is 'Who wrote it, where it is OUTBOUND and a person did.';
comment on column snorq.messages.platform_timestamp is 'When the platform says it was written.';
comment on column snorq.messages.organization_id is 'Addition: the tenant, that of the conversation, for isolation.';

create index idx_messages_conversation_id_created_at on snorq.messages (conversation_id, created_at desc);
create index idx_messages_sent_by_user_id on snorq.messages (sent_by_user_id);
-- For the organization's key, and for what is older than an organization's plan keeps.
create index idx_messages_organization_id_created_at on snorq.messages (organization_id, created_at);
-- Platforms deliver a message any number of times.
create unique index messages_conversation_id_external_id_key
    on snorq.messages (conversation_id, external_id) where external_id is not null;

-- Isolation. The service's queries and SQL readers have no business with tokens.
grant select, insert, update, delete
    on snorq.platform_connections, snorq.conversations, snorq.messages to schemahub_writer;
grant select on snorq.conversations, snorq.messages to schemahub_app, schemahub_reader;
grant select (
    id, platform, platform_user_id, platform_username, platform_display_name, token_expires_at, status, last_sync_at,
    error_message, organization_id, created_at, updated_at
) on snorq.platform_connections to schemahub_app, schemahub_reader;

alter table snorq.platform_connections enable row level security;
alter table snorq.platform_connections force row level security;
alter table snorq.conversations enable row level security;
alter table snorq.conversations force row level security;
alter table snorq.messages enable row level security;
alter table snorq.messages force row level security;

create policy writer on snorq.platform_connections to schemahub_writer using (true) with check (true);
create policy writer on snorq.conversations to schemahub_writer using (true) with check (true);
create policy writer on snorq.messages to schemahub_writer using (true) with check (true);

create policy tenant on snorq.platform_connections for select to schemahub_app
    using (organization_id = (select access.current_organization_cuid()));
create policy tenant on snorq.conversations for select to schemahub_app
    using (organization_id = (select access.current_organization_cuid()));
create policy tenant on snorq.messages for select to schemahub_app
    using (organization_id = (select access.current_organization_cuid()));

create policy reader on snorq.platform_connections for select to schemahub_reader
    using (organization_id = (select access.reader_organization_cuid()));
create policy reader on snorq.conversations for select to schemahub_reader
    using (organization_id = (select access.reader_organization_cuid()));
create policy reader on snorq.messages for select to schemahub_reader
    using (organization_id = (select access.reader_organization_cuid()));
