namespace SchemaHub.Infrastructure.Schema;

/// <summary>
/// The questions to the system catalogue: one for each kind of part, whatever the number of tables. They need no
/// rights but to connect, and PostgreSQL 12.
/// </summary>
internal static class CatalogueSql
{
    // Nothing of an extension is the schema's own.
    private const string OwnRelation = """
        not exists (
            select from pg_depend e where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e'
        )
        """;

    public const string Server = """
        select current_setting('server_version_num')::integer, current_database()::text,
            exists (
                select from pg_class c
                join pg_namespace n on n.oid = c.relnamespace
                where n.nspname = 'schema_migrations' and c.relname = 'applied'
            )
        """;

    public const string Extensions = """
        select x.extname::text, n.nspname::text,
            array(
                select p.proname::text
                from pg_depend d
                join pg_proc p on p.oid = d.objid
                where d.classid = 'pg_proc'::regclass and d.refobjid = x.oid and d.deptype = 'e'
                union
                select t.typname::text
                from pg_depend d
                join pg_type t on t.oid = d.objid
                where d.classid = 'pg_type'::regclass and d.refobjid = x.oid and d.deptype = 'e'
            )
        from pg_extension x
        join pg_namespace n on n.oid = x.extnamespace
        order by x.extname
        """;

    public const string Schemas = """
        select n.nspname::text, pg_get_userbyid(n.nspowner)::text,
            array(
                select coalesce(r.rolname, 'public')::text || ':' || lower(a.privilege_type)
                from aclexplode(n.nspacl) a
                left join pg_roles r on r.oid = a.grantee
                where a.grantee <> n.nspowner
                order by 1
            )
        from pg_namespace n
        where n.nspname = any ($1)
        """;

    public const string Tables = $"""
        select n.nspname::text, c.relname::text, c.relkind::text, c.relpersistence::text, c.relrowsecurity,
            c.relforcerowsecurity, array_to_string(array(select o from unnest(c.reloptions) o order by o), ', '),
            case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end, pg_get_partkeydef(c.oid),
            pg_get_userbyid(c.relowner)::text, obj_description(c.oid, 'pg_class'), greatest(c.reltuples, 0)::bigint,
            row_security_active(c.oid) and not exists (
                select from pg_policy p
                where p.polrelid = c.oid and p.polcmd in ('*', 'r') and pg_get_expr(p.polqual, p.polrelid) = 'true'
                    and (p.polroles = array[0::oid] or exists (
                        select from unnest(p.polroles) r (role) where pg_has_role(r.role, 'usage')
                    ))
            ),
            has_table_privilege(c.oid, 'select') or has_any_column_privilege(c.oid, 'select')
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = any ($1) and c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
            and {OwnRelation}
        order by n.nspname, c.relname
        """;

    public const string Columns = $"""
        select n.nspname::text, c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull,
            pg_get_expr(d.adbin, d.adrelid), a.attidentity::text, a.attgenerated::text,
            case when a.attcollation <> t.typcollation
                then (select o.collname::text from pg_collation o where o.oid = a.attcollation)
            end,
            exists (
                select from pg_depend s
                join pg_class q on q.oid = s.objid and q.relkind = 'S'
                where s.classid = 'pg_class'::regclass and s.refclassid = 'pg_class'::regclass
                    and s.refobjid = a.attrelid and s.refobjsubid = a.attnum and s.deptype = 'a'
            ),
            col_description(c.oid, a.attnum), has_column_privilege(c.oid, a.attnum, 'select')
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        join pg_type t on t.oid = a.atttypid
        left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
        where n.nspname = any ($1) and c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
            and {OwnRelation}
        order by n.nspname, c.relname, a.attnum
        """;

    public const string Constraints = $"""
        select n.nspname::text, c.relname::text, k.conname::text, k.contype::text, pg_get_constraintdef(k.oid),
            array(
                select a.attname::text
                from unnest(k.conkey) with ordinality u (number, place)
                join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.number
                order by u.place
            ),
            fn.nspname::text, fc.relname::text,
            array(
                select a.attname::text
                from unnest(k.confkey) with ordinality u (number, place)
                join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.number
                order by u.place
            ),
            k.confdeltype::text, k.confupdtype::text, k.convalidated, k.condeferrable, k.condeferred,
            exists (select from pg_trigger t where t.tgconstraint = k.oid and t.tgenabled = 'D')
        from pg_constraint k
        join pg_class c on c.oid = k.conrelid
        join pg_namespace n on n.oid = c.relnamespace
        left join pg_class fc on fc.oid = k.confrelid
        left join pg_namespace fn on fn.oid = fc.relnamespace
        where n.nspname = any ($1) and k.contype in ('p', 'u', 'f', 'c', 'x') and not c.relispartition
            and k.conparentid = 0 and {OwnRelation}
        order by n.nspname, c.relname, k.conname
        """;

    public const string Indexes = $"""
        select n.nspname::text, c.relname::text, x.relname::text, pg_get_indexdef(i.indexrelid), i.indisunique,
            i.indisvalid,
            array(
                select coalesce(a.attname::text, '(' || pg_get_indexdef(i.indexrelid, k.place::integer, true) || ')')
                    || case when i.indoption[k.place - 1] & 1 = 1 then ' desc' else '' end
                from unnest(i.indkey) with ordinality k (number, place)
                left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number and k.number > 0
                where k.place <= i.indnkeyatts
                order by k.place
            ),
            pg_get_expr(i.indpred, i.indrelid), m.amname::text,
            exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))
        from pg_index i
        join pg_class x on x.oid = i.indexrelid
        join pg_am m on m.oid = x.relam
        join pg_class c on c.oid = i.indrelid
        join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = any ($1) and c.relkind in ('r', 'p', 'm') and not c.relispartition
            and {OwnRelation}
        order by n.nspname, c.relname, x.relname
        """;

    public const string Policies = """
        select n.nspname::text, c.relname::text, p.polname::text, p.polcmd::text, p.polpermissive,
            array(
                select coalesce(r.rolname, 'public')::text
                from unnest(p.polroles) o (id)
                left join pg_roles r on r.oid = o.id
                order by 1
            ),
            pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
        from pg_policy p
        join pg_class c on c.oid = p.polrelid
        join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = any ($1) and not c.relispartition
        order by n.nspname, c.relname, p.polname
        """;

    /// <summary>What others than the owner may do; a column's name where the grant is on one.</summary>
    public const string Privileges = """
        select n.nspname::text, c.relname::text, null::text, coalesce(r.rolname, 'public')::text,
            lower(a.privilege_type) || case when a.is_grantable then ' with grant option' else '' end
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        cross join aclexplode(c.relacl) a
        left join pg_roles r on r.oid = a.grantee
        where n.nspname = any ($1) and c.relkind in ('r', 'p', 'v', 'm', 'f') and a.grantee <> c.relowner
        union all
        select n.nspname::text, c.relname::text, t.attname::text, coalesce(r.rolname, 'public')::text,
            lower(a.privilege_type) || case when a.is_grantable then ' with grant option' else '' end
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        join pg_attribute t on t.attrelid = c.oid and t.attnum > 0 and not t.attisdropped
        cross join aclexplode(t.attacl) a
        left join pg_roles r on r.oid = a.grantee
        where n.nspname = any ($1) and c.relkind in ('r', 'p', 'v', 'm', 'f') and a.grantee <> c.relowner
        """;
}
