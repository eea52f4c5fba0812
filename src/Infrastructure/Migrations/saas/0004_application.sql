-- saas.md, application data: projects, themes and files. Rows that people edit and nothing reacts to.

create type saas.project_status as enum ('active', 'archived', 'completed');

comment on type saas.project_status is 'active: worked on; archived: put away; completed: done.';

create table saas.projects (
    id integer not null,
    user_id integer not null,
    name varchar(255) not null,
    description text,
    status saas.project_status not null default 'active',
    created_at timestamptz not null,
    updated_at timestamptz not null,
    organization_id uuid not null,
    constraint projects_pkey primary key (id),
    constraint projects_user_id_fkey foreign key (user_id) references saas.users (id) on delete cascade
);

comment on table saas.projects is 'What users work on.';
comment on column saas.projects.id is 'The log position of the project''s first event; never changes.';
comment on column saas.projects.user_id is 'Whose project it is: a member of the organization.';
comment on column saas.projects.organization_id is 'Addition: the tenant, for isolation.';

create index idx_projects_user_id on saas.projects (user_id);
create index idx_projects_name on saas.projects (name);
create index idx_projects_status on saas.projects (status);
create index idx_projects_created_at on saas.projects (created_at);
create index idx_projects_updated_at on saas.projects (updated_at);
create index idx_projects_organization_id_id on saas.projects (organization_id, (id::bigint));

create table saas.themes (
    id integer not null,
    name varchar(100) not null,
    display_name varchar(200) not null,
    description text,
    config json not null,
    is_active boolean not null default false,
    created_by integer,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint themes_pkey primary key (id),
    constraint themes_name_key unique (name),
    constraint themes_created_by_fkey foreign key (created_by) references saas.users (id) on delete set null
);

comment on table saas.themes is
    'How the service looks: one catalogue for the installation, of which one theme is active.';
comment on column saas.themes.id is 'The log position of the theme''s first event; never changes.';
comment on column saas.themes.name is 'What programs call it.';
comment on column saas.themes.display_name is 'What people read.';
comment on column saas.themes.config is 'Colours, fonts and the like, by name.';
comment on column saas.themes.is_active is 'True for one theme at most.';

create index idx_themes_name on saas.themes (name);
create index idx_themes_is_active on saas.themes (is_active);
create index idx_themes_created_by on saas.themes (created_by);
create unique index themes_is_active_key on saas.themes (is_active) where is_active;

create table saas.files (
    id integer not null,
    user_id integer not null,
    filename varchar(500) not null,
    file_path varchar(1000) not null,
    file_size integer not null,
    mime_type varchar(100),
    storage_type varchar(50) not null default 'local',
    is_public boolean not null default false,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    organization_id uuid not null,
    constraint files_pkey primary key (id),
    constraint files_user_id_fkey foreign key (user_id) references saas.users (id) on delete cascade,
    constraint files_file_size_check check (file_size >= 0),
    constraint files_storage_type_check check (storage_type in ('local', 's3'))
);

comment on table saas.files is 'What is known of stored files; their bytes lie elsewhere.';
comment on column saas.files.id is 'The log position of the file''s first event; never changes.';
comment on column saas.files.user_id is 'Whose file it is: a member of the organization.';
comment on column saas.files.filename is 'As the user named it.';
comment on column saas.files.file_path is 'Where its bytes lie, within storage_type.';
comment on column saas.files.file_size is 'Bytes; a file has less than 2 GiB.';
comment on column saas.files.mime_type is 'As in image/png; null where unknown.';
comment on column saas.files.is_public is
    'Anybody who has the address may read its bytes; this row stays the tenant''s.';
comment on column saas.files.organization_id is 'Addition: the tenant, for isolation.';

create index idx_files_user_id on saas.files (user_id);
create index idx_files_storage_type on saas.files (storage_type);
create index idx_files_is_public on saas.files (is_public);
create index idx_files_organization_id_id on saas.files (organization_id, (id::bigint));

-- Isolation, as in the first file. Themes are for everybody to see.
grant select, insert, update, delete on saas.projects, saas.themes, saas.files to schemahub_writer;
grant select on saas.projects, saas.themes, saas.files to schemahub_app, schemahub_reader;

alter table saas.projects enable row level security;
alter table saas.projects force row level security;
alter table saas.themes enable row level security;
alter table saas.themes force row level security;
alter table saas.files enable row level security;
alter table saas.files force row level security;

create policy writer on saas.projects to schemahub_writer using (true) with check (true);
create policy writer on saas.themes to schemahub_writer using (true) with check (true);
create policy writer on saas.files to schemahub_writer using (true) with check (true);

create policy tenant on saas.projects for select to schemahub_app
    using (organization_id = (select access.current_organization()));
create policy tenant on saas.themes for select to schemahub_app using (true);
create policy tenant on saas.files for select to schemahub_app
    using (organization_id = (select access.current_organization()));

create policy reader on saas.projects for select to schemahub_reader
    using (organization_id = (select access.reader_organization()));
create policy reader on saas.themes for select to schemahub_reader
    using ((select access.reader_organization()) is not null);
create policy reader on saas.files for select to schemahub_reader
    using (organization_id = (select access.reader_organization()));
