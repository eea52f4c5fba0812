-- backstage.md, analytics: campaign_stats. The document wants it kept ready (a materialized view) and wants a view. A
-- materialized view shows every tenant's rows to whoever may read it, so the counts lie in a table with row-level
-- security that a job keeps fresh, and the view shows each reader its own.

create table backstage.campaign_totals (
    campaign_id integer not null,
    organization_id uuid not null,
    queued integer not null default 0,
    sent integer not null default 0,
    delivered integer not null default 0,
    bounced integer not null default 0,
    failed integer not null default 0,
    opened integer not null default 0,
    clicked integer not null default 0,
    complained integer not null default 0,
    refreshed_at timestamp not null,
    constraint campaign_totals_pkey primary key (campaign_id),
    constraint campaign_totals_campaign_id_fkey foreign key (campaign_id)
        references backstage.email_campaigns (id) on delete cascade
);

comment on table backstage.campaign_totals is
    'Addition: the counts behind campaign_stats. A job makes a campaign''s row anew when its mails or their events '
    'change, so that late and repeated events count once.';
comment on column backstage.campaign_totals.organization_id is 'The tenant, that of the campaign, for isolation.';
comment on column backstage.campaign_totals.queued is 'Mails not yet handed to the provider.';
comment on column backstage.campaign_totals.sent is
    'Mails that the provider took, whatever became of them: sent, delivered or bounced.';
comment on column backstage.campaign_totals.delivered is 'Mails that arrived.';
comment on column backstage.campaign_totals.bounced is
    'Mails that came back, by their status or by an event, once each.';
comment on column backstage.campaign_totals.failed is 'Mails that the provider did not take.';
comment on column backstage.campaign_totals.opened is 'Mails that people opened, however often.';
comment on column backstage.campaign_totals.clicked is 'Mails in which people clicked a link, however often.';
comment on column backstage.campaign_totals.complained is 'Mails that were reported as unwanted.';
comment on column backstage.campaign_totals.refreshed_at is 'When the row was counted, UTC.';

create view backstage.campaign_stats with (security_invoker = true) as
select
    c.organization_id,
    c.user_id,
    c.id as campaign_id,
    c.name,
    c.status,
    c.total_recipients,
    coalesce(t.queued, 0) as queued,
    coalesce(t.sent, 0) as sent,
    coalesce(t.delivered, 0) as delivered,
    coalesce(t.bounced, 0) as bounced,
    coalesce(t.failed, 0) as failed,
    coalesce(t.opened, 0) as opened,
    coalesce(t.clicked, 0) as clicked,
    coalesce(t.complained, 0) as complained,
    c.sent_at,
    t.refreshed_at,
    case when coalesce(nullif(t.delivered, 0), t.sent) >= 1000
        then round(t.complained::numeric / coalesce(nullif(t.delivered, 0), t.sent), 5) end as complaint_rate
from backstage.email_campaigns c
left join backstage.campaign_totals t on t.campaign_id = c.id;

comment on view backstage.campaign_stats is
    'Every campaign and what became of its mails, as last counted. Read only.';
comment on column backstage.campaign_stats.refreshed_at is 'When it was last counted, UTC; null where it never was.';

comment on column backstage.campaign_stats.complaint_rate is
    'Complaints per mail that arrived (or was sent, where nobody tells of arrivals), from 1,000 mails on; null before. '
    '0.001 warns, 0.003 pauses.';

-- Isolation, of the table as of the view: a view of the invoker reads with its reader's rights.
grant select, insert, update, delete on backstage.campaign_totals to schemahub_writer;
grant select on backstage.campaign_totals to schemahub_app, schemahub_reader;
grant select on backstage.campaign_stats to schemahub_writer, schemahub_app, schemahub_reader;

alter table backstage.campaign_totals enable row level security;
alter table backstage.campaign_totals force row level security;

create policy writer on backstage.campaign_totals to schemahub_writer using (true) with check (true);
create policy tenant on backstage.campaign_totals for select to schemahub_app
    using (organization_id = (select access.current_organization()));
create policy reader on backstage.campaign_totals for select to schemahub_reader
    using (organization_id = (select access.reader_organization()));
