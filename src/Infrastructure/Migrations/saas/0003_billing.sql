-- saas.md, billing and subscriptions: what can be bought, what is, and what was paid for it.
-- Money is numeric(10,2) beside its currency, in lower case as the payment provider writes it.

create type saas.plan_interval as enum ('month', 'year', 'week', 'day');
create type saas.plan_status as enum ('active', 'inactive', 'archived');
create type saas.subscription_status as enum (
    'active', 'canceled', 'past_due', 'unpaid', 'trialing', 'incomplete', 'incomplete_expired'
);

comment on type saas.plan_interval is 'The unit of a plan''s period; plans.interval_count says how many make one.';
comment on type saas.plan_status is
    'active: on offer; inactive: not on offer now; archived: kept for those who have it.';
comment on type saas.subscription_status is 'As the payment provider names them.';

create table saas.plans (
    id integer not null,
    name varchar(200) not null,
    description text,
    amount numeric(10, 2) not null,
    currency varchar(3) not null default 'usd',
    interval saas.plan_interval not null,
    interval_count integer not null default 1,
    stripe_price_id varchar(255),
    features text,
    status saas.plan_status not null default 'active',
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint plans_pkey primary key (id),
    constraint plans_stripe_price_id_key unique (stripe_price_id),
    constraint plans_amount_check check (amount >= 0),
    constraint plans_currency_check check (currency ~ '^[a-z]{3}$'),
    constraint plans_interval_count_check check (interval_count > 0),
    constraint plans_features_check check (json_typeof(features::json) = 'array')
);

comment on table saas.plans is 'What can be subscribed to: one catalogue for every tenant.';
comment on column saas.plans.id is 'The log position of the event that added it.';
comment on column saas.plans.amount is 'The price of one period, in currency; 0 is free.';
comment on column saas.plans.currency is 'ISO 4217, in lower case.';
comment on column saas.plans.interval_count is 'How many intervals one period has: 3 and month is a quarter.';
comment on column saas.plans.stripe_price_id is 'The payment provider''s id; null before it knows the plan.';
comment on column saas.plans.features is 'A JSON array, kept as text.';

create index idx_plans_stripe_id on saas.plans (stripe_price_id);
create index idx_plans_status on saas.plans (status);
create index idx_plans_interval on saas.plans (interval);

create table saas.subscriptions (
    id integer not null,
    user_id integer not null,
    plan_id integer not null,
    stripe_subscription_id varchar(255),
    stripe_customer_id varchar(255),
    stripe_payment_method_id varchar(255),
    status saas.subscription_status not null default 'incomplete',
    current_period_start timestamptz,
    current_period_end timestamptz,
    cancel_at_period_end boolean not null default false,
    canceled_at timestamptz,
    trial_start timestamptz,
    trial_end timestamptz,
    metadata text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    organization_id uuid not null,
    constraint subscriptions_pkey primary key (id),
    constraint subscriptions_stripe_subscription_id_key unique (stripe_subscription_id),
    constraint subscriptions_user_id_fkey foreign key (user_id) references saas.users (id) on delete restrict,
    constraint subscriptions_plan_id_fkey foreign key (plan_id) references saas.plans (id) on delete restrict,
    constraint subscriptions_metadata_check check (metadata is null or metadata::json is not null)
);

comment on table saas.subscriptions is 'Who subscribed to which plan, and how far it is paid for.';
comment on column saas.subscriptions.id is 'The log position of the subscription''s first event; never changes.';
comment on column saas.subscriptions.user_id is 'Who subscribed, for the organization.';
comment on column saas.subscriptions.stripe_customer_id is 'The organization, as the payment provider knows it.';
comment on column saas.subscriptions.cancel_at_period_end is 'Canceled, and paid for until current_period_end.';
comment on column saas.subscriptions.canceled_at is 'When it was canceled, not when it ends.';
comment on column saas.subscriptions.metadata is 'JSON, kept as text.';
comment on column saas.subscriptions.organization_id is 'Addition: the tenant, for isolation.';

create index idx_subscriptions_user_id on saas.subscriptions (user_id);
create index idx_subscriptions_plan_id on saas.subscriptions (plan_id);
create index idx_subscriptions_status on saas.subscriptions (status);
create index idx_subscriptions_stripe_id on saas.subscriptions (stripe_subscription_id);
create index idx_subscriptions_stripe_customer_id on saas.subscriptions (stripe_customer_id);
create index idx_subscriptions_current_period_end on saas.subscriptions (current_period_end);
create index idx_subscriptions_organization_id_id on saas.subscriptions (organization_id, (id::bigint));

create table saas.invoices (
    id integer not null,
    user_id integer not null,
    subscription_id integer,
    stripe_invoice_id varchar(255),
    amount numeric(10, 2) not null,
    currency varchar(3) not null default 'usd',
    status varchar(20) not null,
    invoice_date timestamptz not null,
    due_date timestamptz,
    paid_at timestamptz,
    invoice_number varchar(100),
    pdf_url varchar(500),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    organization_id uuid not null,
    constraint invoices_pkey primary key (id),
    constraint invoices_stripe_invoice_id_key unique (stripe_invoice_id),
    constraint invoices_invoice_number_key unique (invoice_number),
    constraint invoices_user_id_fkey foreign key (user_id) references saas.users (id) on delete restrict,
    constraint invoices_subscription_id_fkey foreign key (subscription_id)
        references saas.subscriptions (id) on delete restrict,
    constraint invoices_amount_check check (amount >= 0),
    constraint invoices_currency_check check (currency ~ '^[a-z]{3}$'),
    constraint invoices_status_check check (status in ('paid', 'pending', 'failed', 'uncollectible'))
);

comment on table saas.invoices is 'What was asked for, and whether it was paid. Never deleted.';
comment on column saas.invoices.id is 'The log position of the invoice''s first event; never changes.';
comment on column saas.invoices.user_id is 'Who subscribed, for the organization.';
comment on column saas.invoices.subscription_id is 'Null: a single payment.';
comment on column saas.invoices.amount is 'The total, in currency.';
comment on column saas.invoices.currency is 'ISO 4217, in lower case.';
comment on column saas.invoices.status is 'uncollectible: given up.';
comment on column saas.invoices.due_date is 'The instant it is due, despite the name.';
comment on column saas.invoices.organization_id is 'Addition: the tenant, for isolation.';

create index idx_invoices_user_id on saas.invoices (user_id);
create index idx_invoices_subscription_id on saas.invoices (subscription_id);
create index idx_invoices_status on saas.invoices (status);
create index idx_invoices_invoice_date on saas.invoices (invoice_date);
create index idx_invoices_organization_id_id on saas.invoices (organization_id, (id::bigint));

-- Isolation, as in the first file. Plans are for everybody to see.
grant select, insert, update, delete on saas.plans, saas.subscriptions, saas.invoices to schemahub_writer;
grant select on saas.plans, saas.subscriptions, saas.invoices to schemahub_app, schemahub_reader;

alter table saas.plans enable row level security;
alter table saas.plans force row level security;
alter table saas.subscriptions enable row level security;
alter table saas.subscriptions force row level security;
alter table saas.invoices enable row level security;
alter table saas.invoices force row level security;

create policy writer on saas.plans to schemahub_writer using (true) with check (true);
create policy writer on saas.subscriptions to schemahub_writer using (true) with check (true);
create policy writer on saas.invoices to schemahub_writer using (true) with check (true);

create policy tenant on saas.plans for select to schemahub_app using (true);
create policy tenant on saas.subscriptions for select to schemahub_app
    using (organization_id = (select access.current_organization()));
create policy tenant on saas.invoices for select to schemahub_app
    using (organization_id = (select access.current_organization()));

create policy reader on saas.plans for select to schemahub_reader
    using ((select access.reader_organization()) is not null);
create policy reader on saas.subscriptions for select to schemahub_reader
    using (organization_id = (select access.reader_organization()));
create policy reader on saas.invoices for select to schemahub_reader
    using (organization_id = (select access.reader_organization()));
