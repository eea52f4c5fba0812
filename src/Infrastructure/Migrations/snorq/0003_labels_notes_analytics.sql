-- snorq.md, phases 2 and 3: labels and notes on conversations, and a day's numbers. Every time is UTC.

create table snorq.labels (
    id text not null default snorq.cuid(),
    name text not null,
    color text not null default '#6366f1',
    organization_id text not null,
    constraint labels_pkey primary key (id),
    constraint labels_organization_id_name_key unique (organization_id, name),
    constraint labels_organization_id_fkey foreign key (organization_id)
        references snorq.organizations (id) on delete cascade
);

comment on table snorq.labels is 'What an organization sorts its conversations by.';
comment on column snorq.labels.color is 'As #rrggbb.';

-- Labels are paged by id within one organization.
create index idx_labels_organization_id_id on snorq.labels (organization_id, id);

create table snorq.conversation_labels (
    conversation_id text not null,
    label_id text not null,
    organization_id text not null,
    constraint conversation_labels_pkey primary key (conversation_id, label_id),
    constraint conversation_labels_conversation_id_fkey foreign key (conversation_id)
        references snorq.conversations (id) on delete cascade,
    constraint conversation_labels_label_id_fkey foreign key (label_id)
        references snorq.labels (id) on delete cascade,
    constraint conversation_labels_organization_id_fkey foreign key (organization_id)
        references snorq.organizations (id) on delete cascade
);

comment on table snorq.conversation_labels is
    'Which conversation has which label; conversations.labels repeats the names and changes with it.';
comment on column snorq.conversation_labels.organization_id is
    'Addition: the tenant, that of conversation and label, for isolation.';

create index idx_conversation_labels_label_id on snorq.conversation_labels (label_id);
create index idx_conversation_labels_organization_id on snorq.conversation_labels (organization_id);

create table snorq.notes (
    id text not null default snorq.cuid(),
    content text not null,
    conversation_id text not null,
    author_id text not null,
    created_at timestamp(3) not null default now(),
    organization_id text not null,
    constraint notes_pkey primary key (id),
    constraint notes_conversation_id_fkey foreign key (conversation_id)
        references snorq.conversations (id) on delete cascade,
    constraint notes_author_id_fkey foreign key (author_id) references snorq.users (id) on delete restrict,
    constraint notes_organization_id_fkey foreign key (organization_id)
        references snorq.organizations (id) on delete cascade
);

comment on table snorq.notes is 'What members tell each other about a conversation; never shown to the contact.';
comment on column snorq.notes.author_id is
    'Who wrote it. The note is the organization''s: it does not go when its author goes.';
comment on column snorq.notes.organization_id is 'Addition: the tenant, that of the conversation, for isolation.';

create index idx_notes_conversation_id on snorq.notes (conversation_id);
create index idx_notes_author_id on snorq.notes (author_id);
create index idx_notes_organization_id on snorq.notes (organization_id);

create table snorq.daily_analytics (
    id text not null default snorq.cuid(),
    date date not null,
    organization_id text not null,
    messages_received integer not null default 0,
    messages_sent integer not null default 0,
    conversations_new integer not null default 0,
    avg_response_time integer,
    constraint daily_analytics_pkey primary key (id),
    constraint daily_analytics_organization_id_date_key unique (organization_id, date),
    constraint daily_analytics_organization_id_fkey foreign key (organization_id)
        references snorq.organizations (id) on delete cascade
);

comment on table snorq.daily_analytics is 'An organization''s inbox, day by day.';
comment on column snorq.daily_analytics.date is 'The UTC day.';
comment on column snorq.daily_analytics.conversations_new is 'Conversations that began on that day.';
comment on column snorq.daily_analytics.avg_response_time is
    'Seconds from a contact''s message to the next answer, on average; null where nothing was answered.';

-- Isolation.
grant select, insert, update, delete
    on snorq.labels, snorq.conversation_labels, snorq.notes, snorq.daily_analytics to schemahub_writer;
grant select
    on snorq.labels, snorq.conversation_labels, snorq.notes, snorq.daily_analytics
    to schemahub_app, schemahub_reader;

alter table snorq.labels enable row level security;
alter table snorq.labels force row level security;
alter table snorq.conversation_labels enable row level security;
alter table snorq.conversation_labels force row level security;
alter table snorq.notes enable row level security;
alter table snorq.notes force row level security;
alter table snorq.daily_analytics enable row level security;
alter table snorq.daily_analytics force row level security;

create policy writer on snorq.labels to schemahub_writer using (true) with check (true);
create policy writer on snorq.conversation_labels to schemahub_writer using (true) with check (true);
create policy writer on snorq.notes to schemahub_writer using (true) with check (true);
create policy writer on snorq.daily_analytics to schemahub_writer using (true) with check (true);

create policy tenant on snorq.labels for select to schemahub_app
    using (organization_id = (select access.current_organization_cuid()));
create policy tenant on snorq.conversation_labels for select to schemahub_app
    using (organization_id = (select access.current_organization_cuid()));
create policy tenant on snorq.notes for select to schemahub_app
    using (organization_id = (select access.current_organization_cuid()));
create policy tenant on snorq.daily_analytics for select to schemahub_app
    using (organization_id = (select access.current_organization_cuid()));

create policy reader on snorq.labels for select to schemahub_reader
    using (organization_id = (select access.reader_organization_cuid()));
create policy reader on snorq.conversation_labels for select to schemahub_reader
    using (organization_id = (select access.reader_organization_cuid()));
create policy reader on snorq.notes for select to schemahub_reader
    using (organization_id = (select access.reader_organization_cuid()));
create policy reader on snorq.daily_analytics for select to schemahub_reader
    using (organization_id = (select access.reader_organization_cuid()));
