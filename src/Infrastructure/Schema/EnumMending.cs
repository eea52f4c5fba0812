namespace SchemaHub.Infrastructure.Schema;

/// <summary>Gives an enum the values it should have, in their order.</summary>
internal static class EnumMending
{
    public static string Replace(CataloguePart there, CataloguePart expected, Catalogue? live)
    {
        var (wanted, given) = (Values(expected), Values(there));
        // Values can be added anywhere; one that is too many, or out of order, needs a new type.
        return wanted.Where(value => given.Contains(value, StringComparer.Ordinal)).SequenceEqual(given)
            ? Added(expected, wanted, given)
            : Anew(there, expected, live);
    }

    private static string Added(CataloguePart expected, string[] wanted, string[] given)
    {
        var lines = new List<string>();
        for (var index = 0; index < wanted.Length; index++)
        {
            if (given.Contains(wanted[index], StringComparer.Ordinal))
                continue;

            var place =
                index > 0
                    ? $"after {SqlTokens.Literal(wanted[index - 1])}"
                    : $"before {SqlTokens.Literal(given.FirstOrDefault() ?? "")}";
            lines.Add($"alter type {Type(expected)} add value {SqlTokens.Literal(wanted[index])} {place};");
        }

        return string.Join('\n', lines);
    }

    private static string Anew(CataloguePart there, CataloguePart expected, Catalogue? live)
    {
        var old = $"{there.Id}_before";
        var lines = new List<string>
        {
            $"alter type {Type(there)} rename to {SqlTokens.Quoted(old)};",
            Mending.Create(expected),
        };
        var users = live?.Parts.Where(part => part.Kind == PartKind.Column && part[Trait.Type] == Type(there)) ?? [];
        foreach (var column in users)
        {
            // What the column's default was cast to is the old type by now.
            var standard = column[Trait.Default].Split("::")[0];
            lines.Add(Mending.AlterColumn(Mending.With(column, Trait.Default, standard), Trait.Type, Type(expected)));
        }

        lines.Add($"drop type {Mending.Qualified(there.Schema, old)};");
        return string.Join('\n', lines);
    }

    private static string Type(CataloguePart part) => Mending.Qualified(part.Schema, part.Id);

    private static string[] Values(CataloguePart part) =>
        part[Trait.Values].Split(CataloguePart.ColumnSeparator, StringSplitOptions.RemoveEmptyEntries);
}
