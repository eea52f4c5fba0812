namespace SchemaHub.Infrastructure.Specs.Security;

/// <summary>A table, partition, view, materialized view or sequence, as the catalog has it.</summary>
/// <param name="Name">With its schema, quoted where it must be.</param>
/// <param name="Kind">pg_class.relkind.</param>
internal sealed record Relation(string Name, char Kind, bool IsPartition, IReadOnlyList<Column> Columns)
{
    /// <summary>The service's schemas, and that of its library for jobs.</summary>
    public const string Schemas =
        "('events', 'access', 'backstage', 'sending', 'jobs', 'hangfire', 'saas', 'snorq', 'podcast', 'smarthub')";

    /// <summary>Every relation of the schemas, with its columns.</summary>
    public const string Sql = $"""
        select c.oid::regclass::text, c.relkind, c.relispartition, quote_ident(a.attname), t.typname, t.typtype,
            a.atttypid::regtype::text, a.atttypmod, f.target, f.target_column
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        join pg_type t on t.oid = a.atttypid
        left join lateral (
            select k.confrelid::regclass::text as target, quote_ident(r.attname) as target_column
            from pg_constraint k
            cross join lateral unnest(k.conkey, k.confkey) as u (referring, referred)
            join pg_attribute r on r.attrelid = k.confrelid and r.attnum = u.referred
            where k.conrelid = c.oid and k.contype = 'f' and k.conparentid = 0 and u.referring = a.attnum
            limit 1
        ) f on true
        where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
            and c.relnamespace::regnamespace::text in {Schemas}
        order by c.oid::regclass::text, a.attnum
        """;

    public bool IsSequence => Kind == 'S';

    public bool IsTable => Kind is 'r' or 'p' or 'f';

    public string Schema => Name.Split('.')[0];

    /// <summary>What may be filled with rows of its own.</summary>
    public bool IsFilled => Kind is 'r' or 'p' && !IsPartition;

    /// <summary>The column that names the tenant, if one does.</summary>
    public Column? Tenant => Columns.FirstOrDefault(column => column.Name is "organization_id" or "tenant_id");

    public override string ToString() => Name;
}

/// <summary>A column, what it may hold, and the column it refers to, if it does.</summary>
/// <param name="Length">Of a varchar or char; 0 where there is none.</param>
internal sealed record Column(
    string Name,
    string Type,
    bool IsEnum,
    string FullType,
    int Length,
    string? Target,
    string? TargetColumn
);
