using System.Globalization;
using System.Text;
using Npgsql;

namespace SchemaHub.Infrastructure.Specs.Security;

/// <summary>
/// Rows of both organizations in every table, whatever its columns, so that seeing none of the other's means
/// something. Which values mean anything to the program is left aside: checks are dropped first.
/// </summary>
internal sealed class RowsOfTwo(IReadOnlyList<Relation> relations, Side ours, Side theirs, string now)
{
    // A partition's checks are its own only once its parent has them no more: hence twice.
    private const string DropChecks = $"""
        do $$
        declare
            rule record;
        begin
            for rule in
                select c.conrelid::regclass as relation, c.conname
                from pg_constraint c
                where c.contype = 'c' and c.conrelid <> 0 and c.coninhcount = 0
                    and c.connamespace::regnamespace::text in {Relation.Schemas}
            loop
                execute format('alter table %s drop constraint %I', rule.relation, rule.conname);
            end loop;
        end
        $$;
        """;

    private readonly Dictionary<string, Relation> _byName = relations.ToDictionary(relation => relation.Name);

    public async Task Fill(NpgsqlDataSource administrator)
    {
        var sql = new StringBuilder();
        sql.AppendLine("begin;")
            .AppendLine(DropChecks)
            .AppendLine(DropChecks)
            .AppendLine("set local session_replication_role = replica;");
        foreach (var relation in relations.Where(relation => relation.IsFilled))
        {
            foreach (var side in SidesOf(relation))
                sql.Append(Insert(relation, side)).AppendLine(" on conflict do nothing;");
        }

        sql.AppendLine("commit; select podcast.refresh_metrics_daily(); analyze;");
        await using var command = administrator.CreateCommand(sql.ToString());
        command.CommandTimeout = 120;
        await command.ExecuteNonQueryAsync();
    }

    /// <param name="instead">A column whose value is a given one and not the side's.</param>
    public string Insert(Relation relation, Side side, (Column Column, string Value)? instead = null)
    {
        var values = relation.Columns.Select(column =>
            instead is { } other && other.Column == column ? other.Value : Value(relation, column, side)
        );
        return $"insert into {relation} ({string.Join(", ", relation.Columns.Select(column => column.Name))}) "
            + $"values ({string.Join(", ", values)})";
    }

    /// <summary>What a side's row has in a column: always the same, so that rows can refer to each other.</summary>
    public string Value(Relation relation, Column column, Side side)
    {
        if (column == relation.Tenant)
            return side.Organization is { } tenant ? $"{Owners.TenantText(column, tenant)}::{column.FullType}" : "null";

        if (column.Target is { } target)
        {
            var referred = _byName[target];
            return Value(referred, referred.Columns.Single(named => named.Name == column.TargetColumn), side.Referred);
        }

        return Identity(relation, column, side) ?? $"{Literal(relation, column, side)}::{column.FullType}";
    }

    private IEnumerable<Side> SidesOf(Relation relation)
    {
        var sides = new[] { ours, theirs };
        // What belongs to no tenant says nothing of one.
        var nobodys = new[]
        {
            new Side(null, "gamma", 3, ours.Member, ours.MemberNumber, ours.Membership, ours),
            new Side(null, "delta", 4, theirs.Member, theirs.MemberNumber, theirs.Membership, theirs),
        };
        if (Owners.Catalogues.ContainsKey(relation.Name))
            return nobodys;

        var isOptional = Owners.SystemsWhereNull.Concat(Owners.PersonsWhereNull).Contains(relation.Name);
        return isOptional ? sides.Concat(nobodys) : sides;
    }

    /// <summary>A person's or an organization's id, which the two have already.</summary>
    private static string? Identity(Relation relation, Column column, Side side)
    {
        var table = relation.Name.Split('.')[1];
        Guid id;
        if (column.Name == "user_id" || (table == "users" && column.Name is "id" or "number"))
            id = relation.Schema == "podcast" ? side.Referred.Membership : side.Referred.Member;
        else if (table is "organizations" or "tenants" && column.Name == "id")
            id = side.Referred.Organization!.Value;
        else
            return null;

        return column.Type switch
        {
            "uuid" => $"'{id}'::uuid",
            "int4" or "int8" => side.Referred.MemberNumber.ToString(CultureInfo.InvariantCulture),
            _ => $"access.cuid('{id}')",
        };
    }

    private string Literal(Relation relation, Column column, Side side)
    {
        if (column.IsEnum)
            return $"(enum_range(null::{column.FullType}))[1]";

        var text = $"{side.Word} {column.Name}";
        return column.Type switch
        {
            "uuid" => $"md5('{relation}.{column.Name} {side.Word}')",
            "bool" => side.Number == 1 ? "true" : "false",
            "int2" => side.Number.ToString(CultureInfo.InvariantCulture),
            "int4" or "int8" => (900_000 + side.Number).ToString(CultureInfo.InvariantCulture),
            "numeric" or "float8" => $"0.{side.Number.ToString(CultureInfo.InvariantCulture)}",
            "timestamptz" or "timestamp" or "date" => $"'{now}'::timestamptz",
            "json" or "jsonb" => $$"""'{"note": "{{side.Word}}"}'""",
            "_text" => $"array['{side.Word}']",
            "bytea" => $"convert_to('{side.Word}', 'utf8')",
            "inet" or "cidr" => string.Create(CultureInfo.InvariantCulture, $"'2001:db8::{side.Number}'"),
            _ => $"'{(column.Length > 0 && text.Length > column.Length ? text[..column.Length] : text)}'",
        };
    }
}
