-- What sending needs beside the published tables of backstage: in whose name, which campaign, what is under way. The
-- service's own; only campaigns, senders and domains are shown, and to their own organization.

create table sending.senders (
    organization_id uuid not null,
    from_name varchar(255) not null,
    from_address varchar(254) not null,
    reply_to varchar(254),
    postal_address varchar(500) not null,
    version bigint not null,
    updated_at timestamptz not null,
    constraint senders_pkey primary key (organization_id)
);

comment on table sending.senders is 'In whose name each organization writes. Projected from the log.';
comment on column sending.senders.version is 'Of the sender''s stream, for ETag.';

create table sending.domains (
    organization_id uuid not null,
    domain varchar(253) not null,
    selector varchar(63) not null,
    public_key text not null,
    sealed_private_key text not null,
    verified_at timestamptz,
    created_at timestamptz not null,
    constraint domains_pkey primary key (organization_id, domain)
);

comment on table sending.domains is 'Domains that mail is written from, each with the DKIM key that signs it.';
comment on column sending.domains.public_key is 'SubjectPublicKeyInfo in base64, as the DNS record holds it.';
comment on column sending.domains.sealed_private_key is
    'PKCS#8 encrypted with the installation''s master key, in base64. Not readable by queries.';
comment on column sending.domains.verified_at is 'When it was shown to be the organization''s; null before.';

create table sending.campaigns (
    campaign_id integer not null,
    organization_id uuid not null,
    purpose varchar(64) not null,
    filter jsonb,
    reason varchar(200),
    constraint campaigns_pkey primary key (campaign_id)
);

comment on table sending.campaigns is 'What backstage.email_campaigns has no column for. Projected from the log.';
comment on column sending.campaigns.filter is 'What a recipient''s metadata must contain; null for everybody.';
comment on column sending.campaigns.reason is 'Why it was paused or cancelled.';

-- Where sending stands. None of it is in the log: it is worth nothing once a campaign has ended.

create table sending.runs (
    campaign_id integer not null,
    organization_id uuid not null,
    recipients integer not null,
    next_id integer not null,
    waits_until timestamptz,
    is_over boolean not null default false,
    constraint runs_pkey primary key (campaign_id),
    constraint runs_campaign_id_fkey foreign key (campaign_id)
        references backstage.email_campaigns (id) on delete cascade
);

comment on table sending.runs is
    'A campaign whose recipients are frozen: its mails lie in backstage.email_logs. Written with them.';
comment on column sending.runs.next_id is 'The next mail that no node took in hand yet.';
comment on column sending.runs.waits_until is 'The quota is used up; it is looked at again then.';
comment on column sending.runs.is_over is
    'Every mail has its outcome; what is left of its chunks is one, with the sums.';

create index idx_runs_under_way on sending.runs (campaign_id) where not is_over;

create table sending.chunks (
    campaign_id integer not null,
    first_id integer not null,
    last_id integer not null,
    node integer,
    sent integer not null default 0,
    failed integer not null default 0,
    withheld integer not null default 0,
    is_done boolean not null default false,
    constraint chunks_pkey primary key (campaign_id, first_id),
    constraint chunks_campaign_id_fkey foreign key (campaign_id) references sending.runs (campaign_id) on delete cascade
) with (fillfactor = 50);

comment on table sending.chunks is
    'Mails of a campaign that a node has in hand, and what became of them: the progress of a run is their sum.';
comment on column sending.chunks.node is 'Who has it in hand; null where nobody has, and anybody may take it.';
comment on column sending.chunks.first_id is
    'The first mail; 0 of the one that is left of a campaign that is over, -1 of what a restore settled.';
comment on column sending.chunks.is_done is 'Nothing of it is queued any more, but what was deferred.';

create table sending.in_flight (
    email_log_id integer not null,
    campaign_id integer not null,
    node integer not null,
    constraint in_flight_pkey primary key (email_log_id)
);

comment on table sending.in_flight is
    'Mails that are being handed over at this moment, one per connection. A node that dies leaves them in doubt.';

create table sending.deferred (
    email_log_id integer not null,
    campaign_id integer not null,
    due_at timestamptz not null,
    attempts smallint not null,
    doubts smallint not null default 0,
    node integer,
    constraint deferred_pkey primary key (email_log_id)
);

comment on table sending.deferred is 'Mails that were not taken for now, or must wait for their domain''s rate.';
comment on column sending.deferred.attempts is 'How often it was offered and not taken.';
comment on column sending.deferred.doubts is
    'How often it was handed over in full without an answer, or its node died meanwhile: after three it has failed.';
comment on column sending.deferred.node is 'Who has it in hand; null where it waits.';

create index idx_in_flight_campaign_id on sending.in_flight (campaign_id);
create index idx_deferred_campaign_id_due_at on sending.deferred (campaign_id, due_at);

create sequence sending.nodes;

comment on sequence sending.nodes is
    'Numbers the processes that send. Each holds an advisory lock of its number while it lives.';

create function sending.progress_of(p_campaign integer)
    returns table (sent integer, failed integer, withheld integer, deferred integer, in_flight integer)
    language sql stable security definer set search_path = pg_catalog, pg_temp
    as $$
        select coalesce(sum(k.sent), 0)::integer, coalesce(sum(k.failed), 0)::integer,
            coalesce(sum(k.withheld), 0)::integer,
            (select count(*)::integer from sending.deferred d where d.campaign_id = p_campaign),
            (select count(*)::integer from sending.in_flight f where f.campaign_id = p_campaign)
        from sending.runs r
        left join sending.chunks k on k.campaign_id = r.campaign_id
        where r.campaign_id = p_campaign
            and r.organization_id = nullif(current_setting('app.current_tenant', true), '')::uuid
        group by r.campaign_id
    $$;

comment on function sending.progress_of(integer) is
    'How far a campaign of the caller''s tenant is: the sum over its chunks, never a count of its mails.';

revoke all on function sending.progress_of(integer) from public;
grant execute on function sending.progress_of(integer) to schemahub_app;

create policy owner on sending.runs for select to schemahub_owner using (true);
create policy owner on sending.chunks for select to schemahub_owner using (true);
create policy owner on sending.deferred for select to schemahub_owner using (true);
create policy owner on sending.in_flight for select to schemahub_owner using (true);

-- Isolation.
grant usage on schema sending to schemahub_writer, schemahub_app;
grant select, insert, update, delete
    on sending.senders, sending.domains, sending.campaigns, sending.runs, sending.chunks, sending.in_flight,
        sending.deferred
    to schemahub_writer;
grant usage on sequence sending.nodes to schemahub_writer;
grant select on sending.senders, sending.campaigns, sending.runs to schemahub_app;
grant select (organization_id, domain, selector, public_key, verified_at, created_at)
    on sending.domains to schemahub_app;

alter table sending.senders enable row level security;
alter table sending.senders force row level security;
alter table sending.domains enable row level security;
alter table sending.domains force row level security;
alter table sending.campaigns enable row level security;
alter table sending.campaigns force row level security;
alter table sending.runs enable row level security;
alter table sending.runs force row level security;
alter table sending.chunks enable row level security;
alter table sending.chunks force row level security;
alter table sending.in_flight enable row level security;
alter table sending.in_flight force row level security;
alter table sending.deferred enable row level security;
alter table sending.deferred force row level security;

create policy writer on sending.senders to schemahub_writer using (true) with check (true);
create policy writer on sending.domains to schemahub_writer using (true) with check (true);
create policy writer on sending.campaigns to schemahub_writer using (true) with check (true);
create policy writer on sending.runs to schemahub_writer using (true) with check (true);
create policy writer on sending.chunks to schemahub_writer using (true) with check (true);
create policy writer on sending.in_flight to schemahub_writer using (true) with check (true);
create policy writer on sending.deferred to schemahub_writer using (true) with check (true);

create policy tenant on sending.senders for select to schemahub_app
    using (organization_id = (select access.current_organization()));
create policy tenant on sending.domains for select to schemahub_app
    using (organization_id = (select access.current_organization()));
create policy tenant on sending.campaigns for select to schemahub_app
    using (organization_id = (select access.current_organization()));
create policy tenant on sending.runs for select to schemahub_app
    using (organization_id = (select access.current_organization()));
