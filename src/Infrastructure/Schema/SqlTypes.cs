namespace SchemaHub.Infrastructure.Schema;

/// <summary>Types in the words of the documents, as short as PostgreSQL understands them.</summary>
internal static class SqlTypes
{
    private static readonly (string Long, string Short)[] Words =
    [
        ("character varying", "varchar"),
        ("character", "char"),
        ("bpchar", "char"),
        ("int4", "integer"),
        ("int8", "bigint"),
        ("int2", "smallint"),
        ("bool", "boolean"),
        ("decimal", "numeric"),
    ];

    /// <summary><c>character varying(255)</c> as <c>varchar(255)</c>, <c>timestamp(3) with time zone</c> as
    /// <c>timestamptz(3)</c>.</summary>
    public static string Short(string type)
    {
        if (type.Contains(" with time zone", StringComparison.Ordinal))
            return type.Replace(" with time zone", "", StringComparison.Ordinal)
                .Replace("timestamp", "timestamptz", StringComparison.Ordinal)
                .Replace("time(", "timetz(", StringComparison.Ordinal);

        type = type.Replace(" without time zone", "", StringComparison.Ordinal);
        foreach (var (longer, shorter) in Words)
        {
            if (type == longer || type.StartsWith($"{longer}(", StringComparison.Ordinal) || type == $"{longer}[]")
                return shorter + type[longer.Length..];
        }

        return type;
    }

    /// <summary>
    /// Whether a column is of a documented type. Where the document gives no length or precision, any will do.
    /// </summary>
    public static bool Fits(string documented, string actual)
    {
        documented = Short(documented);
        return documented == actual
            || documented is "array" && actual.EndsWith("[]", StringComparison.Ordinal)
            || !documented.Contains('(', StringComparison.Ordinal)
                && actual.StartsWith($"{documented}(", StringComparison.Ordinal);
    }

    public static bool IsWithoutTimeZone(string type) =>
        type == "timestamp" || type.StartsWith("timestamp(", StringComparison.Ordinal);
}
