namespace SchemaHub.Infrastructure.Schema;

/// <summary>The questions about what a schema holds beside its tables, and about partitions.</summary>
internal static class CatalogueProgramSql
{
    public const string Types = """
        select n.nspname::text, t.typname::text, t.typtype::text,
            array(select l.enumlabel::text from pg_enum l where l.enumtypid = t.oid order by l.enumsortorder),
            case t.typtype
                when 'd' then format_type(t.typbasetype, t.typtypmod)
                    || case when t.typnotnull then ' not null' else '' end
                    || coalesce(' default ' || t.typdefault, '')
                    || coalesce((
                        select string_agg(' ' || pg_get_constraintdef(k.oid), '' order by k.conname)
                        from pg_constraint k
                        where k.contypid = t.oid and k.contype = 'c'
                    ), '')
                when 'c' then (
                    select string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' order by a.attnum)
                    from pg_attribute a
                    where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
                )
            end,
            obj_description(t.oid, 'pg_type')
        from pg_type t
        join pg_namespace n on n.oid = t.typnamespace
        left join pg_class c on c.oid = t.typrelid
        where n.nspname = any ($1) and (t.typtype in ('e', 'd') or t.typtype = 'c' and c.relkind = 'c')
            and not exists (
                select from pg_depend e
                where e.classid = 'pg_type'::regclass and e.objid = t.oid and e.deptype = 'e'
            )
        order by n.nspname, t.typname
        """;

    public const string Functions = """
        select n.nspname::text, p.proname::text, pg_get_function_identity_arguments(p.oid), p.prokind::text,
            case when p.prokind in ('f', 'p') then pg_get_functiondef(p.oid) end, pg_get_userbyid(p.proowner)::text,
            pg_get_function_result(p.oid),
            array(
                select coalesce(r.rolname, 'public')::text
                from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
                left join pg_roles r on r.oid = a.grantee
                where a.grantee <> p.proowner
                order by 1
            ),
            obj_description(p.oid, 'pg_proc')
        from pg_proc p
        join pg_namespace n on n.oid = p.pronamespace
        where n.nspname = any ($1) and not exists (
            select from pg_depend e
            where e.classid = 'pg_proc'::regclass and e.objid = p.oid and e.deptype = 'e'
        )
        order by n.nspname, p.proname, 3
        """;

    public const string Triggers = """
        select n.nspname::text, c.relname::text, t.tgname::text, 'trigger', pg_get_triggerdef(t.oid),
            t.tgenabled::text
        from pg_trigger t
        join pg_class c on c.oid = t.tgrelid
        join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = any ($1) and not t.tgisinternal and not c.relispartition
        union all
        select n.nspname::text, c.relname::text, w.rulename::text, 'rule', pg_get_ruledef(w.oid), w.ev_enabled::text
        from pg_rewrite w
        join pg_class c on c.oid = w.ev_class
        join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = any ($1) and w.rulename <> '_RETURN' and not c.relispartition
        order by 1, 2, 3
        """;

    /// <summary>The partitions there are now. Their number is a matter of time, so none of them is expected.</summary>
    public const string Partitions = """
        select n.nspname::text, p.relname::text, cn.nspname::text, c.relname::text,
            pg_get_expr(c.relpartbound, c.oid), c.relkind::text
        from pg_inherits i
        join pg_class c on c.oid = i.inhrelid and c.relispartition
        join pg_namespace cn on cn.oid = c.relnamespace
        join pg_class p on p.oid = i.inhparent
        join pg_namespace n on n.oid = p.relnamespace
        where n.nspname = any ($1) and c.relkind in ('r', 'p', 'f')
        order by 1, 2, 4
        """;
}
