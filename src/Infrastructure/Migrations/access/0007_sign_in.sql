-- How people show that an account is theirs, and how often somebody failed to.

alter table access.users add column google_id varchar(255);
alter table access.users add constraint uq_users_google_id unique (google_id);

comment on column access.users.google_id is 'The account at Google that signs in here; null where none is linked.';

-- Counts of attempts, not of the log: they are forgotten within an hour of their end. Keys are keyed hashes of an
-- account, a network or a device, so that the rows tell nobody who tried.
create table access.sign_in_throttle (
    key bytea not null,
    ends_at timestamptz not null,
    attempts integer not null,
    constraint pk_sign_in_throttle primary key (key)
);

comment on table access.sign_in_throttle is 'How often signing in failed of late, by account, network and device.';
comment on column access.sign_in_throttle.key is 'A keyed hash; names nobody.';
comment on column access.sign_in_throttle.ends_at is 'From then on the attempts do not count.';

create index idx_sign_in_throttle_ends_at on access.sign_in_throttle (ends_at);

grant select, insert, update, delete on access.sign_in_throttle to schemahub_writer;
alter table access.sign_in_throttle enable row level security;
alter table access.sign_in_throttle force row level security;
create policy writer on access.sign_in_throttle to schemahub_writer using (true) with check (true);
