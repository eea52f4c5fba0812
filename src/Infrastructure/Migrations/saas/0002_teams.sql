-- saas.md, team and collaboration: an organization is one team here.

create table saas.teams (
    id integer not null,
    name varchar(200) not null,
    slug varchar(200) not null,
    description text,
    owner_id integer not null,
    is_active boolean not null default true,
    settings text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    organization_id uuid not null,
    constraint teams_pkey primary key (id),
    constraint teams_slug_key unique (slug),
    constraint teams_organization_id_key unique (organization_id),
    constraint teams_owner_id_fkey foreign key (owner_id) references saas.users (id) on delete restrict,
    constraint teams_settings_check check (settings is null or settings::json is not null)
);

comment on table saas.teams is 'The organizations, each as one team.';
comment on column saas.teams.id is 'The log position of the organization''s first event; never changes.';
comment on column saas.teams.slug is 'The organization''s short name in addresses.';
comment on column saas.teams.owner_id is
    'The one owner now; nobody who owns a team can be deleted before it has another.';
comment on column saas.teams.settings is 'JSON, kept as text.';
comment on column saas.teams.organization_id is 'Addition: the tenant, by the uuid that other schemas know it by.';

create index idx_teams_name on saas.teams (name);
create index idx_teams_slug on saas.teams (slug);
create index idx_teams_owner on saas.teams (owner_id);
create index idx_teams_is_active on saas.teams (is_active);

create table saas.team_members (
    id integer not null,
    team_id integer not null,
    user_id integer not null,
    role_id integer not null,
    is_active boolean not null default true,
    joined_at timestamptz not null,
    updated_at timestamptz not null,
    organization_id uuid not null,
    constraint team_members_pkey primary key (id),
    constraint idx_team_members_unique unique (team_id, user_id),
    constraint team_members_team_id_fkey foreign key (team_id) references saas.teams (id) on delete cascade,
    constraint team_members_user_id_fkey foreign key (user_id) references saas.users (id) on delete cascade,
    constraint team_members_role_id_fkey foreign key (role_id) references saas.roles (id) on delete restrict
);

comment on table saas.team_members is 'Who belongs to a team, and in which role: once each.';
comment on column saas.team_members.id is 'The log position of the event by which the user first joined.';
comment on column saas.team_members.role_id is
    'The role inside this team, of the system or the tenant''s own. No role is deleted while a member has it.';
comment on column saas.team_members.organization_id is 'Addition: the tenant, for isolation.';

create index idx_team_members_team on saas.team_members (team_id);
create index idx_team_members_user on saas.team_members (user_id);
create index idx_team_members_role on saas.team_members (role_id);
create index idx_team_members_organization_id_id on saas.team_members (organization_id, (id::bigint));

create table saas.invitations (
    id integer not null,
    email varchar(255) not null,
    token varchar(64) not null,
    team_id integer,
    role_id integer,
    invited_by_id integer not null,
    status varchar(20) not null default 'pending',
    message text,
    expires_at timestamptz not null,
    accepted_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    organization_id uuid not null,
    constraint invitations_pkey primary key (id),
    constraint invitations_token_key unique (token),
    constraint invitations_team_id_fkey foreign key (team_id) references saas.teams (id) on delete cascade,
    constraint invitations_role_id_fkey foreign key (role_id) references saas.roles (id) on delete set null,
    constraint invitations_invited_by_id_fkey foreign key (invited_by_id) references saas.users (id) on delete cascade,
    constraint invitations_status_check check (status in ('pending', 'accepted', 'expired', 'revoked'))
);

comment on table saas.invitations is 'Invitations by mail, into a team or only to have an account.';
comment on column saas.invitations.id is 'The log position of the event that invited.';
comment on column saas.invitations.email is 'Who is invited; erased+<id>@erased.invalid once the person was erased.';
comment on column saas.invitations.token is
    'SHA-256, in hex, of the token in the link: the token itself was mailed once and is nowhere kept.';
comment on column saas.invitations.team_id is 'Null: an invitation to have an account only.';
comment on column saas.invitations.role_id is 'The role inside the team on acceptance; null where none was named.';
comment on column saas.invitations.status is
    'expired is set by a job: before it ran, a pending one may be past expires_at.';
comment on column saas.invitations.message is 'What the inviter wrote along.';
comment on column saas.invitations.organization_id is 'Addition: the tenant from which the invitation came.';

create index idx_invitations_email on saas.invitations (email);
create index idx_invitations_token on saas.invitations (token);
create index idx_invitations_team on saas.invitations (team_id);
create index idx_invitations_role_id on saas.invitations (role_id);
create index idx_invitations_invited_by_id on saas.invitations (invited_by_id);
create index idx_invitations_status on saas.invitations (status);
create index idx_invitations_expires_at on saas.invitations (expires_at);
create index idx_invitations_organization_id_id on saas.invitations (organization_id, (id::bigint));

-- Isolation, as in the first file. A token is nobody's to read, not even as a hash.
grant select, insert, update, delete on saas.teams, saas.team_members, saas.invitations to schemahub_writer;
grant select on saas.teams, saas.team_members to schemahub_app, schemahub_reader;
grant select (
    id, email, team_id, role_id, invited_by_id, status, message, expires_at, accepted_at, created_at, updated_at,
    organization_id
) on saas.invitations to schemahub_app, schemahub_reader;

alter table saas.teams enable row level security;
alter table saas.teams force row level security;
alter table saas.team_members enable row level security;
alter table saas.team_members force row level security;
alter table saas.invitations enable row level security;
alter table saas.invitations force row level security;

create policy writer on saas.teams to schemahub_writer using (true) with check (true);
create policy writer on saas.team_members to schemahub_writer using (true) with check (true);
create policy writer on saas.invitations to schemahub_writer using (true) with check (true);

create policy tenant on saas.teams for select to schemahub_app
    using (organization_id = (select access.current_organization()));
create policy tenant on saas.team_members for select to schemahub_app
    using (organization_id = (select access.current_organization()));
create policy tenant on saas.invitations for select to schemahub_app
    using (organization_id = (select access.current_organization()));

create policy reader on saas.teams for select to schemahub_reader
    using (organization_id = (select access.reader_organization()));
create policy reader on saas.team_members for select to schemahub_reader
    using (organization_id = (select access.reader_organization()));
create policy reader on saas.invitations for select to schemahub_reader
    using (organization_id = (select access.reader_organization()));
