-- Who owns an organization now. access.current_owners() also names former owners, whose names old rows bear; what a
-- person does today is no business of an organization that the person has left.

create function access.current_owner() returns integer
    language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
    as $$
    select o.user_id
    from access.organization_owners o
    where o.organization_id = access.current_organization()
    order by o.since_sequence desc
    limit 1
    $$;

create function access.reader_owner() returns integer
    language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
    as $$
    select o.user_id
    from access.organization_owners o
    where o.organization_id = access.reader_organization()
    order by o.since_sequence desc
    limit 1
    $$;

comment on function access.current_owner() is 'The present owner of the tenant the service set, by integer id.';
comment on function access.reader_owner() is
    'The present owner of the organization the login belongs to, by integer id.';

revoke all on function access.current_owner(), access.reader_owner() from public;
grant execute on function access.current_owner() to schemahub_app;
grant execute on function access.reader_owner() to schemahub_reader;
