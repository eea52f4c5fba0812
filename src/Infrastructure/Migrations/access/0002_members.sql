-- Who belongs to which organization, and the ids that schemas with other id styles know the same things by.

create table access.memberships (
    organization_id uuid not null,
    user_id uuid not null,
    user_number integer not null,
    id uuid not null,
    constraint pk_memberships primary key (organization_id, user_id)
);

comment on table access.memberships is 'Who is a member of which organization now: a user''s rows are seen by these.';
comment on column access.memberships.user_number is 'The user''s integer id, as backstage and saas publish it.';
comment on column access.memberships.id is
    'Made of organization and user. podcast knows a member by it, so that no organization learns of another.';

create function access.cuid(id uuid) returns text
    language plpgsql immutable strict parallel safe set search_path = pg_catalog
    as $$
    declare
        hex text := replace(id::text, '-', '');
        -- The version and the variant of a UUID are the same in all of ours: 122 bits are left, 24 digits of base 36.
        bits bit(128) := ('x' || hex)::bit(128);
        rest bit(122) := substring(bits from 1 for 48) || substring(bits from 53 for 12)
            || substring(bits from 67 for 62);
        high numeric := substring(rest from 1 for 61)::bigint;
        low numeric := substring(rest from 62 for 61)::bigint;
        number numeric := high * 2305843009213693952 + low;
        digits text := '';
    begin
        for place in 1..24 loop
            digits := substr('0123456789abcdefghijklmnopqrstuvwxyz', (number % 36)::integer + 1, 1) || digits;
            number := div(number, 36);
        end loop;
        return 'c' || digits;
    end
    $$;

comment on function access.cuid(uuid) is
    'The cuid (25 characters) under which a thing with this id is published where ids are cuids. Never changes.';

create function access.current_organization_cuid() returns text
    language sql stable parallel safe set search_path = pg_catalog
    as $$ select access.cuid(access.current_organization()) $$;

create function access.reader_organization_cuid() returns text
    language sql stable parallel safe set search_path = pg_catalog
    as $$ select access.cuid(access.reader_organization()) $$;

create function access.current_members() returns setof uuid
    language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
    as $$ select m.user_id from access.memberships m where m.organization_id = access.current_organization() $$;

create function access.reader_members() returns setof uuid
    language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
    as $$ select m.user_id from access.memberships m where m.organization_id = access.reader_organization() $$;

create function access.reader_memberships() returns setof uuid
    language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
    as $$ select m.id from access.memberships m where m.organization_id = access.reader_organization() $$;

create function access.current_member_numbers() returns setof integer
    language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
    as $$ select m.user_number from access.memberships m where m.organization_id = access.current_organization() $$;

create function access.reader_member_numbers() returns setof integer
    language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
    as $$ select m.user_number from access.memberships m where m.organization_id = access.reader_organization() $$;

create function access.current_member_cuids() returns setof text
    language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
    as $$
    select access.cuid(m.user_id) from access.memberships m where m.organization_id = access.current_organization()
    $$;

create function access.reader_member_cuids() returns setof text
    language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
    as $$
    select access.cuid(m.user_id) from access.memberships m where m.organization_id = access.reader_organization()
    $$;

comment on function access.current_members() is 'Members of the tenant the service set, by uuid.';
comment on function access.current_member_numbers() is 'Members of the tenant the service set, by integer id.';
comment on function access.current_member_cuids() is 'Members of the tenant the service set, by cuid.';
comment on function access.reader_members() is 'Members of the organization the login belongs to, by uuid.';
comment on function access.reader_memberships() is
    'Memberships of the organization the login belongs to, by the id that podcast publishes.';
comment on function access.reader_member_numbers() is
    'Members of the organization the login belongs to, by integer id.';
comment on function access.reader_member_cuids() is 'Members of the organization the login belongs to, by cuid.';

revoke all on function
    access.cuid(uuid), access.current_organization_cuid(), access.reader_organization_cuid(),
    access.current_members(), access.reader_members(), access.reader_memberships(), access.current_member_numbers(),
    access.reader_member_numbers(), access.current_member_cuids(), access.reader_member_cuids()
    from public;
grant execute on function access.cuid(uuid) to schemahub_writer, schemahub_app, schemahub_reader;
grant execute on function
    access.current_organization_cuid(), access.current_members(), access.current_member_numbers(),
    access.current_member_cuids()
    to schemahub_app;
grant execute on function
    access.reader_organization_cuid(), access.reader_members(), access.reader_memberships(),
    access.reader_member_numbers(), access.reader_member_cuids()
    to schemahub_reader;

grant select, insert, update, delete on access.memberships to schemahub_writer;
alter table access.memberships enable row level security;
alter table access.memberships force row level security;
create policy writer on access.memberships to schemahub_writer using (true) with check (true);
-- What the functions above read as their owner.
create policy owner on access.memberships for select to schemahub_owner using (true);

create index idx_memberships_user_id on access.memberships (user_id);
