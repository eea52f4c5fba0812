-- People, as members of a tenant: a row per tenant and member, with an id made of both. No tenant learns from a row
-- whether the person belongs to another one.

create table podcast.users (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    email varchar(255) not null,
    password_hash varchar(255) not null default '!',
    email_verified boolean not null default false,
    stripe_customer_id varchar(255),
    stripe_subscription_id varchar(255),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    account_id uuid not null,
    constraint users_pkey primary key (id),
    constraint users_email_key unique (tenant_id, email),
    constraint users_tenant_id_fkey foreign key (tenant_id) references podcast.tenants (id) on delete cascade
);

comment on table podcast.users is
    'Members of tenants: a person has a row in each tenant they belong to. The address is compared without case.';
comment on column podcast.users.id is 'Made of tenant and account.';
comment on column podcast.users.password_hash is
    'Always "!", which no password matches: the password is the account''s, and no tenant''s.';
comment on column podcast.users.created_at is 'When the person joined the tenant first.';
comment on column podcast.users.account_id is 'Addition: the account of the person. Not readable by SQL readers.';
comment on column podcast.users.stripe_customer_id is 'The payment provider''s name for this customer.';
comment on column podcast.users.stripe_subscription_id is 'The payment provider''s name for the subscription.';
comment on column podcast.users.deleted_at is 'When the membership ended; null while it lasts.';

create unique index users_email_lower_key on podcast.users (tenant_id, lower(email));
create index idx_users_tenant_id on podcast.users (tenant_id);
create index idx_users_account_id on podcast.users (account_id);

create table podcast.user_email_preferences (
    user_id uuid not null,
    marketing_emails boolean not null default false,
    product_updates boolean not null default false,
    security_alerts boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint user_email_preferences_pkey primary key (user_id),
    constraint user_email_preferences_user_id_fkey foreign key (user_id)
        references podcast.users (id) on delete cascade
);

comment on table podcast.user_email_preferences is 'Which mail a person wants from us: one row each.';
comment on column podcast.user_email_preferences.marketing_emails is 'False until the person agrees.';
comment on column podcast.user_email_preferences.product_updates is 'False until the person agrees.';

create table podcast.user_metrics (
    user_id uuid not null,
    metric_name varchar(100) not null,
    metric_value numeric(20, 6),
    metric_data jsonb,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint user_metrics_pkey primary key (user_id, metric_name),
    constraint user_metrics_user_id_fkey foreign key (user_id) references podcast.users (id) on delete cascade,
    constraint user_metrics_metric_name_check check (metric_name <> '')
);

comment on table podcast.user_metrics is 'The latest value of each measure of a person''s use.';
comment on column podcast.user_metrics.metric_data is 'What stands behind the value, where one number is not enough.';

grant select, insert, update, delete
    on podcast.users, podcast.user_email_preferences, podcast.user_metrics to schemahub_writer;
grant select on podcast.user_email_preferences, podcast.user_metrics to schemahub_app, schemahub_reader;
-- Nobody but the writer has any business with password hashes.
grant select (
    id, tenant_id, email, email_verified, stripe_customer_id, stripe_subscription_id, created_at, updated_at, deleted_at
) on podcast.users to schemahub_app, schemahub_reader;
grant select (account_id) on podcast.users to schemahub_app;

alter table podcast.users enable row level security;
alter table podcast.users force row level security;
alter table podcast.user_email_preferences enable row level security;
alter table podcast.user_email_preferences force row level security;
alter table podcast.user_metrics enable row level security;
alter table podcast.user_metrics force row level security;

create policy writer on podcast.users to schemahub_writer using (true) with check (true);
create policy writer on podcast.user_email_preferences to schemahub_writer using (true) with check (true);
create policy writer on podcast.user_metrics to schemahub_writer using (true) with check (true);

create policy tenant_isolation on podcast.users for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.user_email_preferences for select to schemahub_app
    using (user_id = any (array(select podcast.current_members())));
create policy tenant_isolation on podcast.user_metrics for select to schemahub_app
    using (user_id = any (array(select podcast.current_members())));

create policy reader on podcast.users for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.user_email_preferences for select to schemahub_reader
    using (user_id = any (array(select access.reader_memberships())));
create policy reader on podcast.user_metrics for select to schemahub_reader
    using (user_id = any (array(select access.reader_memberships())));
