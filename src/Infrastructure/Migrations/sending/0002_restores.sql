-- After a restore nothing acts by itself before an operator releases it. The service's own; what is held of a campaign
-- is shown to its organization.

create table sending.held_work (
    work varchar(20) not null,
    held_at timestamptz not null,
    constraint held_work_pkey primary key (work)
);

comment on table sending.held_work is
    'Background work that waits for an operator since the database was restored: jobs, witnesses.';

create table sending.held_campaigns (
    campaign_id integer not null,
    organization_id uuid not null,
    held_at timestamptz not null,
    released_at timestamptz,
    rest varchar(10),
    resends boolean not null default false,
    constraint held_campaigns_pkey primary key (campaign_id),
    constraint held_campaigns_rest_check check (rest in ('send', 'sent', 'cancel'))
);

comment on table sending.held_campaigns is
    'Campaigns that were not over when the backup was made that was restored.';
comment on column sending.held_campaigns.released_at is 'When an operator decided; nothing is sent before.';
comment on column sending.held_campaigns.rest is
    'What becomes of recipients not known as sent to: they are sent to, taken as sent to, or never sent to.';
comment on column sending.held_campaigns.resends is
    'Whether mails that may have been sent are sent again; otherwise they have failed, in doubt.';

create table sending.handed_over (
    campaign_id integer not null,
    contact_id integer not null,
    is_sent boolean not null,
    begun_at timestamptz not null,
    constraint handed_over_pkey primary key (campaign_id, contact_id)
);

comment on table sending.handed_over is
    'Mails that the outside journal says were handed over after the backup was made; gone once the campaign is over.';
comment on column sending.handed_over.is_sent is 'The provider took it; otherwise nobody knows whether it was sent.';

create index idx_held_campaigns_organization_id on sending.held_campaigns (organization_id);

-- Isolation.
grant select, insert, update, delete on sending.held_work, sending.held_campaigns, sending.handed_over
    to schemahub_writer;
grant select on sending.held_campaigns to schemahub_app;

alter table sending.held_work enable row level security;
alter table sending.held_work force row level security;
alter table sending.held_campaigns enable row level security;
alter table sending.held_campaigns force row level security;
alter table sending.handed_over enable row level security;
alter table sending.handed_over force row level security;

create policy writer on sending.held_work to schemahub_writer using (true) with check (true);
create policy writer on sending.held_campaigns to schemahub_writer using (true) with check (true);
create policy writer on sending.handed_over to schemahub_writer using (true) with check (true);

create policy tenant on sending.held_campaigns for select to schemahub_app
    using (organization_id = (select access.current_organization()));
