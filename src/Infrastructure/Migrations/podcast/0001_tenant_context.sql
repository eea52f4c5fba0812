-- podcast.md: sponsorship and attribution. Written by projections, jobs and bulk writers; every time is UTC.
-- First what all tables need: the extensions, and how a session says for which tenant it asks.

-- All three are trusted: whoever may create in the database may create them, superuser or not. In public, where their
-- documentation's examples find them; timescaledb is not used, see docs/podcast-additions.md.
create extension if not exists "uuid-ossp" with schema public;
create extension if not exists pg_trgm with schema public;
create extension if not exists pgcrypto with schema public;

create function podcast.set_tenant_context(tenant_uuid uuid) returns void
    language sql volatile set search_path = pg_catalog
    as $$
    select set_config('app.current_tenant', coalesce(tenant_uuid::text, ''), true),
        set_config('app.current_tenant_id', coalesce(tenant_uuid::text, ''), true)
    $$;

comment on function podcast.set_tenant_context(uuid) is
    'Sets the tenant until the transaction ends, under both documented names; null takes it away.';

create function podcast.current_tenant() returns uuid
    language sql stable parallel safe set search_path = pg_catalog
    as $$
    select case
        when one is null then other
        when other is null or other = one then one
    end
    from (
        select nullif(current_setting('app.current_tenant', true), '')::uuid as one,
            nullif(current_setting('app.current_tenant_id', true), '')::uuid as other
    ) setting
    $$;

comment on function podcast.current_tenant() is
    'The tenant set under either documented name; null, and so no rows, where none is set or the two disagree.';

create function podcast.current_members() returns setof uuid
    language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
    as $$ select m.id from access.memberships m where m.organization_id = podcast.current_tenant() $$;

comment on function podcast.current_members() is
    'Members of the tenant the service set under either name, by their ids in podcast.users.';

create function podcast.visible_tenant() returns uuid
    language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
    as $$
    select case
        when pg_has_role(session_user, 'schemahub_reader', 'member')
            -- A superuser counts as a member of every role.
            and not exists (select from pg_catalog.pg_roles r where r.rolname = session_user and r.rolsuper)
            then access.reader_organization()
        else podcast.current_tenant()
    end
    $$;

comment on function podcast.visible_tenant() is
    'The one tenant whose rows the login may see: a reader''s own whatever it sets, else the tenant the service set.';

revoke all on function
    podcast.set_tenant_context(uuid), podcast.current_tenant(), podcast.current_members(), podcast.visible_tenant()
    from public;
grant usage on schema podcast to schemahub_writer, schemahub_app, schemahub_reader;
grant execute on function podcast.set_tenant_context(uuid) to schemahub_writer, schemahub_app, schemahub_reader;
grant execute on function podcast.current_tenant(), podcast.current_members() to schemahub_writer, schemahub_app;
grant execute on function podcast.visible_tenant() to schemahub_writer, schemahub_app, schemahub_reader;
