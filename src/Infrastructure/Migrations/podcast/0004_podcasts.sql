-- What is published: podcasts, their episodes, and what was said in them.

create table podcast.podcasts (
    id uuid not null default public.uuid_generate_v4(),
    tenant_id uuid not null,
    name varchar(200) not null,
    description text,
    rss_feed_url varchar(2048),
    website_url varchar(2048),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    constraint podcasts_pkey primary key (id),
    constraint podcasts_tenant_id_fkey foreign key (tenant_id) references podcast.tenants (id) on delete cascade,
    constraint podcasts_name_check check (name <> '')
);

comment on table podcast.podcasts is 'The shows a tenant publishes.';
comment on column podcast.podcasts.rss_feed_url is 'Where the feed is that players read.';
comment on column podcast.podcasts.deleted_at is 'When it was taken away; null while it lives.';

create index idx_podcasts_tenant_id_id on podcast.podcasts (tenant_id, id);

create table podcast.episodes (
    id uuid not null default public.uuid_generate_v4(),
    podcast_id uuid not null,
    title varchar(500) not null,
    description text,
    episode_number integer,
    published_at timestamptz,
    duration_seconds integer,
    audio_url varchar(2048),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    tenant_id uuid not null,
    constraint episodes_pkey primary key (id),
    constraint episodes_podcast_id_fkey foreign key (podcast_id) references podcast.podcasts (id) on delete cascade,
    constraint episodes_tenant_id_fkey foreign key (tenant_id) references podcast.tenants (id) on delete cascade,
    constraint episodes_title_check check (title <> ''),
    constraint episodes_episode_number_check check (episode_number >= 0),
    constraint episodes_duration_seconds_check check (duration_seconds >= 0)
);

comment on table podcast.episodes is 'The single broadcasts of a show.';
comment on column podcast.episodes.episode_number is 'As the show counts; trailers and specials have none.';
comment on column podcast.episodes.published_at is 'Null until it is published.';
comment on column podcast.episodes.deleted_at is 'When it was taken away; null while it lives.';
comment on column podcast.episodes.tenant_id is 'Addition: the podcast''s tenant, for isolation.';

create index idx_episodes_podcast_id_published_at on podcast.episodes (podcast_id, published_at);
create index idx_episodes_tenant_id_id on podcast.episodes (tenant_id, id);

create table podcast.transcripts (
    episode_id uuid not null,
    content text not null,
    language varchar(35) not null default 'en',
    confidence_score numeric(5, 4),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    tenant_id uuid not null,
    constraint transcripts_pkey primary key (episode_id),
    constraint transcripts_episode_id_fkey foreign key (episode_id)
        references podcast.episodes (id) on delete cascade,
    constraint transcripts_tenant_id_fkey foreign key (tenant_id) references podcast.tenants (id) on delete cascade,
    constraint transcripts_language_check check (language ~ '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$'),
    constraint transcripts_confidence_score_check check (confidence_score between 0 and 1)
);

comment on table podcast.transcripts is 'What was said in an episode: one row each.';
comment on column podcast.transcripts.language is 'BCP 47.';
comment on column podcast.transcripts.confidence_score is
    'How sure the recognizer is, 0 to 1; null where people wrote it.';
comment on column podcast.transcripts.tenant_id is 'Addition: the episode''s tenant, for isolation.';

create index idx_transcripts_tenant_id_episode_id on podcast.transcripts (tenant_id, episode_id);

grant select, insert, update, delete
    on podcast.podcasts, podcast.episodes, podcast.transcripts to schemahub_writer;
grant select on podcast.podcasts, podcast.episodes, podcast.transcripts to schemahub_app, schemahub_reader;

alter table podcast.podcasts enable row level security;
alter table podcast.podcasts force row level security;
alter table podcast.episodes enable row level security;
alter table podcast.episodes force row level security;
alter table podcast.transcripts enable row level security;
alter table podcast.transcripts force row level security;

create policy writer on podcast.podcasts to schemahub_writer using (true) with check (true);
create policy writer on podcast.episodes to schemahub_writer using (true) with check (true);
create policy writer on podcast.transcripts to schemahub_writer using (true) with check (true);

create policy tenant_isolation on podcast.podcasts for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.episodes for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));
create policy tenant_isolation on podcast.transcripts for select to schemahub_app
    using (tenant_id = (select podcast.current_tenant()));

create policy reader on podcast.podcasts for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.episodes for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
create policy reader on podcast.transcripts for select to schemahub_reader
    using (tenant_id = (select access.reader_organization()));
