-- What proves for a while who somebody is. A person's account belongs to no tenant, and these rows would belong to the
-- members of tenants: nothing writes them.

create table podcast.email_verification_tokens (
    id uuid not null default public.uuid_generate_v4(),
    user_id uuid not null,
    token varchar(64) not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint email_verification_tokens_pkey primary key (id),
    constraint email_verification_tokens_token_key unique (token),
    constraint email_verification_tokens_user_id_fkey foreign key (user_id)
        references podcast.users (id) on delete cascade,
    constraint email_verification_tokens_token_check check (token ~ '^[0-9a-f]{64}$')
);

comment on table podcast.email_verification_tokens is 'Sent to an address to prove that it is the person''s.';
comment on column podcast.email_verification_tokens.token is 'SHA-256 of the token, in hex.';
comment on column podcast.email_verification_tokens.used_at is 'When it was used; null before. It works once.';

create index idx_email_verification_tokens_user_id on podcast.email_verification_tokens (user_id);

create table podcast.password_reset_tokens (
    id uuid not null default public.uuid_generate_v4(),
    user_id uuid not null,
    token varchar(64) not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint password_reset_tokens_pkey primary key (id),
    constraint password_reset_tokens_token_key unique (token),
    constraint password_reset_tokens_user_id_fkey foreign key (user_id)
        references podcast.users (id) on delete cascade,
    constraint password_reset_tokens_token_check check (token ~ '^[0-9a-f]{64}$')
);

comment on table podcast.password_reset_tokens is 'Sent to whoever forgot the password.';
comment on column podcast.password_reset_tokens.token is 'SHA-256 of the token, in hex.';
comment on column podcast.password_reset_tokens.used_at is 'When it was used; null before. It works once.';

create index idx_password_reset_tokens_user_id on podcast.password_reset_tokens (user_id);

create table podcast.refresh_tokens (
    id uuid not null default public.uuid_generate_v4(),
    user_id uuid not null,
    token varchar(64) not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint refresh_tokens_pkey primary key (id),
    constraint refresh_tokens_token_key unique (token),
    constraint refresh_tokens_user_id_fkey foreign key (user_id)
        references podcast.users (id) on delete cascade,
    constraint refresh_tokens_token_check check (token ~ '^[0-9a-f]{64}$')
);

comment on table podcast.refresh_tokens is 'What a session is prolonged with.';
comment on column podcast.refresh_tokens.token is 'SHA-256 of the token, in hex.';
comment on column podcast.refresh_tokens.revoked_at is 'When it was taken back; null before.';

create index idx_refresh_tokens_user_id on podcast.refresh_tokens (user_id);

grant select, insert, update, delete on
    podcast.email_verification_tokens, podcast.password_reset_tokens, podcast.refresh_tokens
    to schemahub_writer;
-- Links and refresh tokens are the account's, and no tenant's: they lie in the log, and these tables stay empty.
grant select (id, user_id, expires_at, used_at, created_at, updated_at)
    on podcast.email_verification_tokens to schemahub_app, schemahub_reader;
grant select (id, user_id, expires_at, used_at, created_at, updated_at)
    on podcast.password_reset_tokens to schemahub_app, schemahub_reader;
grant select (id, user_id, expires_at, revoked_at, created_at, updated_at)
    on podcast.refresh_tokens to schemahub_app, schemahub_reader;

alter table podcast.email_verification_tokens enable row level security;
alter table podcast.email_verification_tokens force row level security;
alter table podcast.password_reset_tokens enable row level security;
alter table podcast.password_reset_tokens force row level security;
alter table podcast.refresh_tokens enable row level security;
alter table podcast.refresh_tokens force row level security;

create policy writer on podcast.email_verification_tokens to schemahub_writer using (true) with check (true);
create policy writer on podcast.password_reset_tokens to schemahub_writer using (true) with check (true);
create policy writer on podcast.refresh_tokens to schemahub_writer using (true) with check (true);
