-- How credit for a conversion is shared out, and what came of it.

create table podcast.attribution_models (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    name varchar(100) not null,
    model_type varchar(50) not null,
    configuration jsonb not null default '{}',
    enabled boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint attribution_models_pkey primary key (id),
    constraint attribution_models_tenant_id_fkey foreign key (tenant_id)
        references podcast.tenants (id) on delete cascade,
    constraint attribution_models_name_check check (name <> ''),
    constraint attribution_models_model_type_check check (model_type <> ''),
    constraint attribution_models_configuration_check check (jsonb_typeof(configuration) = 'object')
);

comment on table podcast.attribution_models is
    'The rules by which a tenant credits the touchpoints before a conversion.';
comment on column podcast.attribution_models.model_type is
    'Such as first_touch or linear; the document names no values.';

create index idx_attribution_models_tenant_id_id on podcast.attribution_models (tenant_id, id);

create table podcast.attribution_paths (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    campaign_id uuid not null,
    listener_id varchar(255),
    touchpoints jsonb not null default '[]',
    conversion_event_id uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    conversion_occurred_at timestamptz,
    constraint attribution_paths_pkey primary key (id),
    constraint attribution_paths_tenant_id_fkey foreign key (tenant_id)
        references podcast.tenants (id) on delete cascade,
    constraint attribution_paths_campaign_id_fkey foreign key (campaign_id)
        references podcast.campaigns (id) on delete cascade,
    constraint attribution_paths_conversion_event_id_fkey foreign key (conversion_event_id, conversion_occurred_at)
        references podcast.attribution_events (id, occurred_at) on delete set null,
    constraint attribution_paths_touchpoints_check check (jsonb_typeof(touchpoints) = 'array'),
    constraint attribution_paths_conversion_occurred_at_check
        check ((conversion_event_id is null) = (conversion_occurred_at is null))
);

comment on table podcast.attribution_paths is 'What one listener met of a campaign, in order, up to the conversion.';
comment on column podcast.attribution_paths.listener_id is 'A pseudonym; null after erasure.';
comment on column podcast.attribution_paths.touchpoints is 'A JSON array, oldest first.';
comment on column podcast.attribution_paths.conversion_event_id is
    'The event it ended in; null while there is none, and once retention took it.';
comment on column podcast.attribution_paths.conversion_occurred_at is
    'Addition: when that event occurred, without which a partitioned table cannot be referred to.';

create index idx_attribution_paths_tenant_id_id on podcast.attribution_paths (tenant_id, id);
create index idx_attribution_paths_campaign_id on podcast.attribution_paths (campaign_id);
create index idx_attribution_paths_conversion_event_id_occurred_at
    on podcast.attribution_paths (conversion_event_id, conversion_occurred_at);
create index idx_attribution_paths_conversion_occurred_at on podcast.attribution_paths (conversion_occurred_at);

create table podcast.attribution_validations (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    attribution_event_id uuid not null,
    validation_type varchar(100) not null,
    passed boolean not null,
    details jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    attribution_occurred_at timestamptz not null,
    constraint attribution_validations_pkey primary key (id),
    constraint attribution_validations_tenant_id_fkey foreign key (tenant_id)
        references podcast.tenants (id) on delete cascade,
    constraint attribution_validations_attribution_event_id_fkey
        foreign key (attribution_event_id, attribution_occurred_at)
        references podcast.attribution_events (id, occurred_at) on delete cascade,
    constraint attribution_validations_validation_type_check check (validation_type <> '')
);

comment on table podcast.attribution_validations is 'What checks of an attribution event found.';
comment on column podcast.attribution_validations.attribution_occurred_at is
    'Addition: when the event occurred, without which a partitioned table cannot be referred to.';

create index idx_attribution_validations_tenant_id_id on podcast.attribution_validations (tenant_id, id);
create index idx_attribution_validations_attribution_event_id on podcast.attribution_validations
    (attribution_event_id, attribution_occurred_at);
create index idx_attribution_validations_attribution_occurred_at
    on podcast.attribution_validations (attribution_occurred_at);

create table podcast.attribution_analytics (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    campaign_id uuid not null,
    analysis_date date not null,
    metrics jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint attribution_analytics_pkey primary key (id),
    constraint attribution_analytics_tenant_id_campaign_id_analysis_date_key
        unique (tenant_id, campaign_id, analysis_date),
    constraint attribution_analytics_tenant_id_fkey foreign key (tenant_id)
        references podcast.tenants (id) on delete cascade,
    constraint attribution_analytics_campaign_id_fkey foreign key (campaign_id)
        references podcast.campaigns (id) on delete cascade,
    constraint attribution_analytics_metrics_check check (jsonb_typeof(metrics) = 'object')
);

comment on table podcast.attribution_analytics is 'What a campaign achieved on a UTC day: one row each.';

create index idx_attribution_analytics_tenant_id_id on podcast.attribution_analytics (tenant_id, id);
create index idx_attribution_analytics_campaign_id on podcast.attribution_analytics (campaign_id);

grant select, insert, update, delete on
    podcast.attribution_models, podcast.attribution_paths, podcast.attribution_validations,
    podcast.attribution_analytics
    to schemahub_writer;
grant select on
    podcast.attribution_models, podcast.attribution_paths, podcast.attribution_validations,
    podcast.attribution_analytics
    to schemahub_app, schemahub_reader;

alter table podcast.attribution_models enable row level security;
alter table podcast.attribution_models force row level security;
alter table podcast.attribution_paths enable row level security;
alter table podcast.attribution_paths force row level security;
alter table podcast.attribution_validations enable row level security;
alter table podcast.attribution_validations force row level security;
alter table podcast.attribution_analytics enable row level security;
alter table podcast.attribution_analytics force row level security;

create policy writer on podcast.attribution_models to schemahub_writer using (true) with check (true);
create policy writer on podcast.attribution_paths to schemahub_writer using (true) with check (true);
create policy writer on podcast.attribution_validations to schemahub_writer using (true) with check (true);
create policy writer on podcast.attribution_analytics to schemahub_writer using (true) with check (true);

create policy tenant_isolation on podcast.attribution_models for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.attribution_paths for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.attribution_validations for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.attribution_analytics for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));

create policy reader on podcast.attribution_models for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.attribution_paths for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.attribution_validations for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.attribution_analytics for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));

-- The owner, who drops old partitions of attribution_events, sees who refers to their rows.
create policy owner on podcast.attribution_paths for select to schemahub_owner using (true);
create policy owner on podcast.attribution_validations for select to schemahub_owner using (true);
