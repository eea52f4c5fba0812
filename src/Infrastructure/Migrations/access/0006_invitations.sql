-- Who was invited to which organization, and what became of it. Projected from the log.

create table access.invitations (
    id uuid not null,
    number integer not null,
    organization_id uuid not null,
    email varchar(255) not null,
    role_id uuid not null,
    role_slug varchar(100) not null,
    invited_by uuid not null,
    message text,
    status varchar(20) not null,
    mails integer not null,
    expires_at timestamptz not null,
    accepted_at timestamptz,
    user_id uuid,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    is_forgotten boolean not null,
    constraint pk_invitations primary key (id),
    constraint ck_invitations_status check (status in ('pending', 'accepted', 'expired', 'revoked'))
);

comment on table access.invitations is
    'Invitations by mail. The secrets of their links are nowhere, their hashes in the log.';
comment on column access.invitations.number is 'The integer id of saas.';
comment on column access.invitations.email is 'Who is invited; erased+<number>@erased.invalid once forgotten.';
comment on column access.invitations.role_slug is 'The role on acceptance.';
comment on column access.invitations.invited_by is
    'The account of who invited: the owner''s, where a program or the operator did.';
comment on column access.invitations.status is
    'pending, accepted, expired, revoked. A job sets expired: before it ran a pending one may be past expires_at.';
comment on column access.invitations.mails is 'How often it was mailed.';
comment on column access.invitations.user_id is 'The account that joined by it.';
comment on column access.invitations.is_forgotten is 'Who was invited is not known any more.';

create index idx_invitations_organization_id_number on access.invitations (organization_id, number);
create index idx_invitations_email_lower on access.invitations (lower(email collate "C"));
create index idx_invitations_user_id on access.invitations (user_id);
create index idx_invitations_role_id on access.invitations (role_id) where status = 'pending';
create index idx_invitations_status_number on access.invitations (status, number) where status <> 'accepted';

grant select, insert, update, delete on access.invitations to schemahub_writer;
grant select on access.invitations to schemahub_app;
alter table access.invitations enable row level security;
alter table access.invitations force row level security;
create policy writer on access.invitations to schemahub_writer using (true) with check (true);
create policy tenant on access.invitations for select to schemahub_app
    using (organization_id = (select access.current_organization()));
