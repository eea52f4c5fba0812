-- backstage.md, email system: what is written, to how many, to whom, and what became of it. Every time is UTC.

create table backstage.email_templates (
    id serial not null,
    user_id integer,
    name varchar(255) not null,
    subject varchar(255) not null,
    html_content text,
    mjml_content text,
    is_draft boolean default false,
    created_at timestamp default now(),
    updated_at timestamp default now(),
    organization_id uuid not null,
    constraint email_templates_pkey primary key (id),
    constraint email_templates_user_id_fkey foreign key (user_id) references backstage.users (id) on delete cascade
);

comment on table backstage.email_templates is 'Mails to be used again.';
comment on column backstage.email_templates.user_id is 'The organization''s owner when the row was written.';
comment on column backstage.email_templates.html_content is 'What is sent.';
comment on column backstage.email_templates.mjml_content is 'The source that html_content was made from, if any.';
comment on column backstage.email_templates.is_draft is 'Being written: no campaign sends it.';
comment on column backstage.email_templates.organization_id is 'Addition: the tenant, for isolation.';

create index idx_email_templates_user_id on backstage.email_templates (user_id);

create table backstage.email_campaigns (
    id serial not null,
    user_id integer,
    name varchar(255) not null,
    subject varchar(255),
    template_id integer,
    status varchar(50),
    total_recipients integer default 0,
    sent_count integer default 0,
    created_at timestamp default now(),
    sent_at timestamp,
    organization_id uuid not null,
    scheduled_at timestamp,
    constraint email_campaigns_pkey primary key (id),
    constraint email_campaigns_user_id_fkey foreign key (user_id) references backstage.users (id) on delete cascade,
    constraint email_campaigns_template_id_fkey foreign key (template_id)
        references backstage.email_templates (id) on delete set null,
    constraint email_campaigns_status_check
        check (status in ('draft', 'scheduled', 'sending', 'paused', 'sent', 'cancelled'))
);

comment on table backstage.email_campaigns is 'One mail to many contacts.';
comment on column backstage.email_campaigns.user_id is 'The organization''s owner when the row was written.';
comment on column backstage.email_campaigns.subject is 'In place of the template''s subject, where it is set.';
comment on column backstage.email_campaigns.template_id is
    'Where its content came from; null once that template was deleted. What was sent is in the log.';
comment on column backstage.email_campaigns.total_recipients is
    'Contacts it goes to: those with a consent in force when sending began.';
comment on column backstage.email_campaigns.sent_count is 'Mails handed to the provider so far.';
comment on column backstage.email_campaigns.sent_at is 'When the last of its mails was handed over.';
comment on column backstage.email_campaigns.organization_id is 'Addition: the tenant, for isolation.';
comment on column backstage.email_campaigns.scheduled_at is
    'Addition: when sending is to begin; the documented status "scheduled" needs it.';

create index idx_email_campaigns_user_id on backstage.email_campaigns (user_id);
create index idx_email_campaigns_template_id on backstage.email_campaigns (template_id);
-- What every node looks for all the time.
create index idx_email_campaigns_under_way on backstage.email_campaigns (status, scheduled_at)
    where status in ('scheduled', 'sending');

create table backstage.email_logs (
    id serial not null,
    user_id integer,
    recipient_email varchar(255) not null,
    subject varchar(255),
    status varchar(50),
    provider_message_id varchar(255),
    error_message text,
    sent_at timestamp default now(),
    organization_id uuid not null,
    campaign_id integer,
    contact_id integer,
    consent_event bigint,
    in_doubt boolean not null default false,
    constraint email_logs_pkey primary key (id),
    constraint email_logs_user_id_fkey foreign key (user_id) references backstage.users (id) on delete restrict,
    constraint email_logs_campaign_id_fkey foreign key (campaign_id)
        references backstage.email_campaigns (id) on delete restrict,
    constraint email_logs_contact_id_fkey foreign key (contact_id)
        references backstage.contacts (id) on delete restrict,
    constraint email_logs_status_check
        check (status in ('queued', 'sent', 'failed', 'bounced', 'delivered', 'withheld', 'cancelled'))
);

comment on table backstage.email_logs is
    'The send ledger: one row per mail, written in bulk beside the log. Backed up, never rebuilt.';
comment on column backstage.email_logs.id is 'From the table''s own sequence: there is no event behind the row.';
comment on column backstage.email_logs.user_id is 'The organization''s owner when the mail was queued.';
comment on column backstage.email_logs.recipient_email is
    'erased+<contact_id>@erased.invalid once the person was erased.';
comment on column backstage.email_logs.status is
    'queued, then sent (handed to the provider), then delivered or bounced; failed where it was never handed over, '
    'withheld where its consent had ended by then, cancelled where its campaign had.';
comment on column backstage.email_logs.provider_message_id is 'The provider''s name for the mail, once it took it.';
comment on column backstage.email_logs.error_message is 'Why it failed or bounced.';
comment on column backstage.email_logs.sent_at is 'When the provider took it; null before.';
comment on column backstage.email_logs.organization_id is 'Addition: the tenant, for isolation.';
comment on column backstage.email_logs.campaign_id is
    'Addition: the campaign it belongs to, which campaign_stats counts; null for a single mail.';
comment on column backstage.email_logs.contact_id is 'Addition: whom it was sent to, also after erasure.';
comment on column backstage.email_logs.consent_event is
    'Addition: the log position of the consent that allowed it, which is its consent_history.id.';

comment on column backstage.email_logs.in_doubt is
    'Addition: death or silence came between handing it over and the answer, and it was handed over once more, under '
    'the same Message-ID: the person may have it twice.';

create index idx_email_logs_user_id on backstage.email_logs (user_id);
create index idx_email_logs_recipient_email on backstage.email_logs (recipient_email);
create index idx_email_logs_sent_at on backstage.email_logs (sent_at);
-- By id, in which order a campaign is sent.
create index idx_email_logs_campaign_id on backstage.email_logs (campaign_id, id);
-- Nobody is in a campaign twice.
create unique index email_logs_contact_id_campaign_id_key on backstage.email_logs (contact_id, campaign_id);

create table backstage.email_events (
    id serial not null,
    email_log_id integer,
    event_type varchar(50) not null,
    timestamp timestamp default now(),
    metadata jsonb,
    organization_id uuid not null,
    provider_event_id varchar(255),
    constraint email_events_pkey primary key (id),
    constraint email_events_email_log_id_fkey foreign key (email_log_id)
        references backstage.email_logs (id) on delete cascade,
    constraint email_events_event_type_check check (event_type in ('opened', 'clicked', 'bounced', 'complained'))
);

comment on table backstage.email_events is
    'What happened to a mail after it left: told by the provider, written in bulk beside the log, never rebuilt.';
comment on column backstage.email_events.id is
    'From the table''s own sequence: there is no event of the log behind it.';
comment on column backstage.email_events.timestamp is 'When it happened, as the provider tells it, UTC.';
comment on column backstage.email_events.metadata is
    'Details. Of openings and clicks: link, agent (a coarse class), machine (true: no person did it), rule (which one '
    'said so). Of bounces: type (hard, soft), status (RFC 3463), diagnostic.';
comment on column backstage.email_events.organization_id is 'Addition: the tenant, that of the mail, for isolation.';
comment on column backstage.email_events.provider_event_id is
    'Addition: the name that whoever told of it has for it, so that telling it again adds nothing; null for what we '
    'saw ourselves.';

create index idx_email_events_email_log_id on backstage.email_events (email_log_id);
create index idx_email_events_event_type on backstage.email_events (event_type);
create unique index email_events_provider_event_id_key
    on backstage.email_events (email_log_id, event_type, provider_event_id) where provider_event_id is not null;

-- Lists are paged by id within one organization, as contacts are: by the id as bigint, so that the planner never takes
-- the primary key, over everybody's rows, for the order.
create index idx_email_templates_organization_id_id on backstage.email_templates (organization_id, (id::bigint));
create index idx_email_campaigns_organization_id_id on backstage.email_campaigns (organization_id, (id::bigint));
create index idx_email_logs_organization_id_id on backstage.email_logs (organization_id, (id::bigint));
create index idx_email_events_organization_id_id on backstage.email_events (organization_id, (id::bigint));

-- Isolation.
grant select, insert, update, delete
    on backstage.email_templates, backstage.email_campaigns, backstage.email_logs, backstage.email_events
    to schemahub_writer;
grant usage
    on sequence backstage.email_templates_id_seq, backstage.email_campaigns_id_seq, backstage.email_logs_id_seq,
        backstage.email_events_id_seq
    to schemahub_writer;
grant select
    on backstage.email_templates, backstage.email_campaigns, backstage.email_logs, backstage.email_events
    to schemahub_app, schemahub_reader;

alter table backstage.email_templates enable row level security;
alter table backstage.email_templates force row level security;
alter table backstage.email_campaigns enable row level security;
alter table backstage.email_campaigns force row level security;
alter table backstage.email_logs enable row level security;
alter table backstage.email_logs force row level security;
alter table backstage.email_events enable row level security;
alter table backstage.email_events force row level security;

create policy writer on backstage.email_templates to schemahub_writer using (true) with check (true);
create policy writer on backstage.email_campaigns to schemahub_writer using (true) with check (true);
create policy writer on backstage.email_logs to schemahub_writer using (true) with check (true);
create policy writer on backstage.email_events to schemahub_writer using (true) with check (true);

create policy tenant on backstage.email_templates for select to schemahub_app
    using (organization_id = (select access.current_organization()));
create policy tenant on backstage.email_campaigns for select to schemahub_app
    using (organization_id = (select access.current_organization()));
create policy tenant on backstage.email_logs for select to schemahub_app
    using (organization_id = (select access.current_organization()));
create policy tenant on backstage.email_events for select to schemahub_app
    using (organization_id = (select access.current_organization()));

create policy reader on backstage.email_templates for select to schemahub_reader
    using (organization_id = (select access.reader_organization()));
create policy reader on backstage.email_campaigns for select to schemahub_reader
    using (organization_id = (select access.reader_organization()));
create policy reader on backstage.email_logs for select to schemahub_reader
    using (organization_id = (select access.reader_organization()));
create policy reader on backstage.email_events for select to schemahub_reader
    using (organization_id = (select access.reader_organization()));
