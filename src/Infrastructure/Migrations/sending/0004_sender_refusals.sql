-- Mails that other servers refused because of us: our name, our network, our mail in general. It says nothing of the
-- recipient and bars nobody; whoever sends must mend it, so it is counted by campaign and by reason.

create table sending.sender_refusals (
    email_log_id integer not null,
    organization_id uuid not null,
    campaign_id integer,
    rule varchar(50) not null,
    refused_at timestamptz not null,
    constraint sender_refusals_pkey primary key (email_log_id),
    constraint sender_refusals_email_log_id_fkey foreign key (email_log_id)
        references backstage.email_logs (id) on delete cascade
);

comment on table sending.sender_refusals is
    'Mails that were refused because of the sender, in the SMTP session or by a bounce. One row per mail.';
comment on column sending.sender_refusals.campaign_id is 'Null for a single mail.';
comment on column sending.sender_refusals.rule is 'The name of the rule in bounce-rules.json that decided it.';

create index idx_sender_refusals_campaign_id on sending.sender_refusals (campaign_id, rule);
create index idx_sender_refusals_organization_id on sending.sender_refusals (organization_id);

grant select, insert, update, delete on sending.sender_refusals to schemahub_writer;
grant select on sending.sender_refusals to schemahub_app;

alter table sending.sender_refusals enable row level security;
alter table sending.sender_refusals force row level security;

create policy writer on sending.sender_refusals to schemahub_writer using (true) with check (true);
create policy tenant on sending.sender_refusals for select to schemahub_app
    using (organization_id = (select access.current_organization()));
