using System.Text.RegularExpressions;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Schema;

/// <summary>A schema as PostgreSQL has it, in the words of <see cref="SchemaPart"/>.</summary>
internal static partial class LiveSchema
{
    public const string Leading = "leads an index";

    private const string Sql = """
        with relations as (
            select c.oid, c.relname, c.relkind, c.relrowsecurity, c.relforcerowsecurity, c.reloptions
            from pg_class c
            where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
        )
        select r.relname, 'column',
            a.attname || ' ' || case
                when pg_get_serial_sequence(r.oid::regclass::text, a.attname) is not null
                    and pg_get_expr(d.adbin, d.adrelid) like 'nextval(%' then 'serial'
                else format_type(a.atttypid, a.atttypmod)
            end || case when a.attnotnull then ' not null' else '' end
                || coalesce(' default ' || nullif(pg_get_expr(d.adbin, d.adrelid), ''), '')
        from relations r
        join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
        left join pg_attrdef d on d.adrelid = r.oid and d.adnum = a.attnum
        union all
        select r.relname, case c.contype
                when 'p' then 'primary key' when 'u' then 'unique' when 'f' then 'foreign key' when 'c' then 'check'
                else 'constraint ' || c.contype::text
            end, pg_get_constraintdef(c.oid)
        from relations r
        join pg_constraint c on c.conrelid = r.oid and c.contype <> 'n'
        union all
        select r.relname, case when i.indisunique then 'unique index' else 'index' end,
            x.relname || ' ' || regexp_replace(pg_get_indexdef(i.indexrelid), '^.* USING btree ', '')
        from relations r
        join pg_index i on i.indrelid = r.oid
        join pg_class x on x.oid = i.indexrelid
        where not exists (select from pg_constraint c where c.conindid = i.indexrelid)
        union all
        select r.relname, 'row-level security',
            case when r.relrowsecurity and r.relforcerowsecurity then 'forced' else 'off or not forced' end
        from relations r
        where r.relkind in ('r', 'p')
        union all
        select p.tablename, 'policy',
            p.policyname || ' (' || lower(p.cmd) || ' by ' || array_to_string(p.roles, ', ') || ')'
        from pg_policies p
        where p.schemaname = $1
        union all
        select r.relname, case r.relkind when 'v' then 'view' else 'relation ' || r.relkind::text end, ''
        from relations r
        where r.relkind not in ('r', 'p')
        union all
        select r.relname, 'option', o.option
        from relations r, unnest(r.reloptions) as o (option)
        union all
        select r.relname, 'trigger', t.tgname
        from relations r
        join pg_trigger t on t.tgrelid = r.oid and not t.tgisinternal
        union all
        select p.proname, 'function', pg_get_function_identity_arguments(p.oid)
        from pg_proc p
        where p.pronamespace = $1::regnamespace
        union all
        select t.typname, 'type', ''
        from pg_type t
        where t.typnamespace = $1::regnamespace and t.typtype in ('e', 'd')
        """;

    public static async Task<IReadOnlyList<SchemaPart>> Read(TestService service, string schema)
    {
        await using var command = service.Installation.Administrator.CreateCommand(Sql);
        command.Parameters.AddWithValue(schema);
        await using var reader = await command.ExecuteReaderAsync();
        var parts = new List<SchemaPart>();
        while (await reader.ReadAsync())
            parts.AddRange(InOurWords(reader.GetString(0), reader.GetString(1), reader.GetString(2)));

        parts.ShouldNotBeEmpty();
        return parts;
    }

    /// <summary>The first column of every key and index.</summary>
    public static IEnumerable<SchemaPart> LeadingColumns(IEnumerable<SchemaPart> parts) =>
        from part in parts
        where part.Kind is "primary key" or "unique" or "index" or "unique index"
        select new SchemaPart(part.Table, Leading, FirstColumn().Match(part.Definition).Groups["column"].Value);

    private static IEnumerable<SchemaPart> InOurWords(string table, string kind, string definition)
    {
        definition = Plain(definition);
        switch (kind)
        {
            case "primary key":
            case "unique":
                yield return new SchemaPart(
                    table,
                    kind,
                    definition[definition.IndexOf('(', StringComparison.Ordinal)..]
                );
                break;
            case "foreign key":
                var key = ForeignKey().Match(definition);
                var columns = key.Groups["columns"].Value;
                var rest = key.Groups["rest"].Value;
                yield return new SchemaPart(table, kind, $"{columns} references {key.Groups["target"].Value}{rest}");
                // Documents leave open what a delete does, so each answer is one of ours.
                var action = key.Groups["action"] is { Success: true, Value: var said } ? said : "no action";
                yield return new SchemaPart(table, "on delete", $"{columns} {action}".ToLowerInvariant());
                break;
            case "check":
                var oneOf = OneOf().Match(definition);
                yield return new SchemaPart(
                    table,
                    kind,
                    oneOf.Success ? $"{oneOf.Groups["column"].Value} in ({oneOf.Groups["values"].Value})" : definition
                );
                break;
            default:
                yield return new SchemaPart(table, kind, definition);
                break;
        }
    }

    // PostgreSQL spells types out, casts literals, doubles brackets and quotes what might be a keyword.
    private static string Plain(string definition) =>
        BracketedCast()
            .Replace(SerialDefault().Replace(definition, ""), "${column}")
            .Replace("::character varying", "", StringComparison.Ordinal)
            .Replace("::text[]", "", StringComparison.Ordinal)
            .Replace("\"", "", StringComparison.Ordinal)
            .Replace("character varying", "varchar", StringComparison.Ordinal)
            .Replace("timestamp without time zone", "timestamp", StringComparison.Ordinal)
            .Replace("CURRENT_DATE", "current_date", StringComparison.Ordinal);

    [GeneratedRegex(@"(?<= serial not null) default nextval\(.*$", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex SerialDefault();

    [GeneratedRegex(@"\((?<column>\w+)\)::text", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex BracketedCast();

    [GeneratedRegex(
        @"^CHECK \(\((?<column>\w+) = ANY \(\(?ARRAY\[(?<values>[^]]*)\]\)?\)\)\)$",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1_000
    )]
    private static partial Regex OneOf();

    [GeneratedRegex(
        @"^FOREIGN KEY (?<columns>\(.*?\)) REFERENCES (\w+\.)?(?<target>\w+\(.*?\))"
            + @"( ON DELETE (?<action>[A-Z ]+))?(?<rest>.*)$",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1_000
    )]
    private static partial Regex ForeignKey();

    [GeneratedRegex(@"\((?<column>\w+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex FirstColumn();
}
