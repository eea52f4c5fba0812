-- smarthub.md, entities: the document names the table and leaves its columns open.

create table smarthub.entities (
    id uuid not null default gen_random_uuid(),
    entity_type varchar(100) not null,
    name varchar(255) not null,
    attributes jsonb not null default '{}',
    owner_id uuid,
    is_active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    organization_id uuid not null,
    constraint entities_pkey primary key (id),
    constraint entities_owner_id_fkey foreign key (owner_id) references smarthub.users (id) on delete set null,
    constraint entities_attributes_check check (jsonb_typeof(attributes) = 'object')
);

comment on table smarthub.entities is 'Things of an organization''s own making, of whatever type it needs.';
comment on column smarthub.entities.id is 'The id of the entity''s stream.';
comment on column smarthub.entities.entity_type is 'What kind of thing it is, in the organization''s words.';
comment on column smarthub.entities.name is 'Unique among the living of one type.';
comment on column smarthub.entities.attributes is 'What else is known of it, by name.';
comment on column smarthub.entities.owner_id is 'Who answers for it; null for nobody, or an account that is gone.';
comment on column smarthub.entities.deleted_at is 'When it was deleted; its name is free from then on.';
comment on column smarthub.entities.organization_id is 'The tenant.';

create unique index entities_entity_type_name_key
    on smarthub.entities (organization_id, entity_type, name) where deleted_at is null;
create index idx_entities_owner_id on smarthub.entities (owner_id);
create index idx_entities_organization_id_id on smarthub.entities (organization_id, id);

-- Isolation, as in the first file.
grant select, insert, update, delete on smarthub.entities to schemahub_writer;
grant select on smarthub.entities to schemahub_app, schemahub_reader;

alter table smarthub.entities enable row level security;
alter table smarthub.entities force row level security;

create policy writer on smarthub.entities to schemahub_writer using (true) with check (true);
create policy tenant on smarthub.entities for select to schemahub_app
    using (organization_id = (select access.current_organization()));
create policy reader on smarthub.entities for select to schemahub_reader
    using (organization_id = (select access.reader_organization()));
