-- What is sold, what was paid for it, and what was used up.

create table podcast.subscription_tiers (
    id uuid not null default public.uuid_generate_v4(),
    name varchar(100) not null,
    description text,
    price_monthly numeric(14, 2),
    price_yearly numeric(14, 2),
    features jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint subscription_tiers_pkey primary key (id),
    constraint subscription_tiers_name_key unique (name),
    constraint subscription_tiers_name_check check (name <> ''),
    constraint subscription_tiers_price_monthly_check check (price_monthly >= 0),
    constraint subscription_tiers_price_yearly_check check (price_yearly >= 0)
);

comment on table podcast.subscription_tiers is 'What the installation sells, to every tenant alike.';
comment on column podcast.subscription_tiers.price_monthly is
    'In the installation''s currency; null where it is not sold by the month.';
comment on column podcast.subscription_tiers.price_yearly is
    'In the installation''s currency; null where it is not sold by the year.';
comment on column podcast.subscription_tiers.features is 'What is in it, and how much of it.';

create table podcast.billing_transactions (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    user_id uuid,
    subscription_tier_id uuid,
    amount numeric(14, 2) not null,
    currency char(3) not null,
    status varchar(20) not null default 'pending',
    stripe_transaction_id varchar(255),
    occurred_at timestamptz not null default now(),
    constraint billing_transactions_pkey primary key (id),
    constraint billing_transactions_tenant_id_fkey foreign key (tenant_id)
        references podcast.tenants (id) on delete restrict,
    constraint billing_transactions_user_id_fkey foreign key (user_id)
        references podcast.users (id) on delete restrict,
    constraint billing_transactions_subscription_tier_id_fkey foreign key (subscription_tier_id)
        references podcast.subscription_tiers (id) on delete restrict,
    constraint billing_transactions_currency_check check (currency ~ '^[A-Z]{3}$'),
    constraint billing_transactions_status_check check (
        status in ('pending', 'succeeded', 'failed', 'refunded', 'disputed')
    )
);

comment on table podcast.billing_transactions is 'Money that came or went back.';
comment on column podcast.billing_transactions.user_id is 'Who paid; null where nobody in particular did.';
comment on column podcast.billing_transactions.subscription_tier_id is 'What was paid for; null for anything else.';
comment on column podcast.billing_transactions.amount is 'Below zero where it went back.';
comment on column podcast.billing_transactions.currency is 'ISO 4217, in capitals.';
comment on column podcast.billing_transactions.stripe_transaction_id is
    'The payment provider''s name for it; null where it did not go through the provider.';

create index idx_billing_transactions_tenant_id_occurred_at_id
    on podcast.billing_transactions (tenant_id, occurred_at, id);
create index idx_billing_transactions_tenant_id_status_id on podcast.billing_transactions (tenant_id, status, id);
create index idx_billing_transactions_user_id on podcast.billing_transactions (user_id);
create index idx_billing_transactions_subscription_tier_id on podcast.billing_transactions (subscription_tier_id);
create index idx_billing_transactions_occurred_at on podcast.billing_transactions (occurred_at);

create table podcast.ai_token_usage (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    user_id uuid,
    token_count bigint not null,
    usage_type varchar(50) not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint ai_token_usage_pkey primary key (id),
    constraint ai_token_usage_tenant_id_fkey foreign key (tenant_id) references podcast.tenants (id) on delete cascade,
    constraint ai_token_usage_user_id_fkey foreign key (user_id) references podcast.users (id) on delete set null,
    constraint ai_token_usage_token_count_check check (token_count >= 0),
    constraint ai_token_usage_usage_type_check check (usage_type <> '')
);

comment on table podcast.ai_token_usage is 'One row per piece of work that used a language model''s tokens.';
comment on column podcast.ai_token_usage.user_id is
    'For whom; null for the tenant as such, and once the account is gone.';
comment on column podcast.ai_token_usage.usage_type is 'What for, for example matching or transcription.';
comment on column podcast.ai_token_usage.created_at is 'When they were used.';

create index idx_ai_token_usage_tenant_id_id on podcast.ai_token_usage (tenant_id, id);
create index idx_ai_token_usage_tenant_id_created_at on podcast.ai_token_usage (tenant_id, created_at);
create index idx_ai_token_usage_user_id_id on podcast.ai_token_usage (user_id, id);

create table podcast.ai_token_balances (
    tenant_id uuid not null,
    user_id uuid not null,
    balance bigint not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint ai_token_balances_pkey primary key (tenant_id, user_id),
    constraint ai_token_balances_tenant_id_fkey foreign key (tenant_id)
        references podcast.tenants (id) on delete cascade,
    constraint ai_token_balances_user_id_fkey foreign key (user_id) references podcast.users (id) on delete cascade,
    constraint ai_token_balances_balance_check check (balance >= 0)
);

comment on table podcast.ai_token_balances is 'How many tokens a person may still use within a tenant.';

create index idx_ai_token_balances_user_id on podcast.ai_token_balances (user_id);

grant select, insert, update, delete
    on podcast.subscription_tiers, podcast.billing_transactions, podcast.ai_token_usage, podcast.ai_token_balances
    to schemahub_writer;
grant select
    on podcast.subscription_tiers, podcast.billing_transactions, podcast.ai_token_usage, podcast.ai_token_balances
    to schemahub_app, schemahub_reader;

alter table podcast.subscription_tiers enable row level security;
alter table podcast.subscription_tiers force row level security;
alter table podcast.billing_transactions enable row level security;
alter table podcast.billing_transactions force row level security;
alter table podcast.ai_token_usage enable row level security;
alter table podcast.ai_token_usage force row level security;
alter table podcast.ai_token_balances enable row level security;
alter table podcast.ai_token_balances force row level security;

create policy writer on podcast.subscription_tiers to schemahub_writer using (true) with check (true);
create policy writer on podcast.billing_transactions to schemahub_writer using (true) with check (true);
create policy writer on podcast.ai_token_usage to schemahub_writer using (true) with check (true);
create policy writer on podcast.ai_token_balances to schemahub_writer using (true) with check (true);

create policy tenant on podcast.subscription_tiers for select to schemahub_app using (true);
create policy tenant_isolation on podcast.billing_transactions for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.ai_token_usage for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.ai_token_balances for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));

create policy reader on podcast.subscription_tiers for select to schemahub_reader
    using ((select access.reader_organization()) is not null);
create policy reader on podcast.billing_transactions for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.ai_token_usage for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.ai_token_balances for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
