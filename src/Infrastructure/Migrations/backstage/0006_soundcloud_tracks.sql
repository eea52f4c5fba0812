-- backstage.md, music platform integration: the tracks an organization announces. Every time is UTC.

create table backstage.soundcloud_tracks (
    id serial not null,
    user_id integer,
    soundcloud_id varchar(255),
    title varchar(255),
    artist varchar(255),
    permalink_url text,
    artwork_url text,
    created_at timestamp default now(),
    organization_id uuid not null,
    constraint soundcloud_tracks_pkey primary key (id),
    constraint soundcloud_tracks_soundcloud_id_key unique (soundcloud_id, organization_id),
    constraint soundcloud_tracks_user_id_fkey foreign key (user_id) references backstage.users (id) on delete cascade
);

comment on table backstage.soundcloud_tracks is 'Tracks on SoundCloud that an organization knows of.';
comment on column backstage.soundcloud_tracks.user_id is 'The organization''s owner when the row was written.';
comment on column backstage.soundcloud_tracks.soundcloud_id is
    'SoundCloud''s id of the track. Unique per organization: over all, one tenant would learn of another''s.';
comment on column backstage.soundcloud_tracks.permalink_url is 'Where the track is heard.';
comment on column backstage.soundcloud_tracks.artwork_url is 'Its cover.';
comment on column backstage.soundcloud_tracks.organization_id is
    'Addition: the tenant, for isolation and uniqueness.';

create index idx_soundcloud_tracks_user_id on backstage.soundcloud_tracks (user_id);
-- Paged by id within one organization; as bigint for the reason given with contacts.
create index idx_soundcloud_tracks_organization_id_id on backstage.soundcloud_tracks (organization_id, (id::bigint));

-- Isolation.
grant select, insert, update, delete on backstage.soundcloud_tracks to schemahub_writer;
grant usage on sequence backstage.soundcloud_tracks_id_seq to schemahub_writer;
grant select on backstage.soundcloud_tracks to schemahub_app, schemahub_reader;

alter table backstage.soundcloud_tracks enable row level security;
alter table backstage.soundcloud_tracks force row level security;

create policy writer on backstage.soundcloud_tracks to schemahub_writer using (true) with check (true);
create policy tenant on backstage.soundcloud_tracks for select to schemahub_app
    using (organization_id = (select access.current_organization()));
create policy reader on backstage.soundcloud_tracks for select to schemahub_reader
    using (organization_id = (select access.reader_organization()));
