using System.Globalization;

namespace SchemaHub.Application.Records;

/// <summary>How a record's id is written, and which stream it has.</summary>
internal static class RecordIds
{
    private const char Separator = ',';

    /// <summary>The values of the key's columns, as text; null where it is no id of such a record.</summary>
    public static IReadOnlyList<string>? Parse(RecordType type, string id)
    {
        var parts = id.Split(Separator, type.KeyColumns.Count);
        if (parts.Length != type.KeyColumns.Count || id.Contains('\0', StringComparison.Ordinal))
            return null;

        for (var i = 0; i < parts.Length; i++)
        {
            var column = type.Columns.FirstOrDefault(one => one.Name == type.KeyColumns[i]);
            var kind =
                column?.Type
                ?? (
                    type.HasNumber ? typeof(int)
                    : type.HasCuid ? typeof(string)
                    : typeof(Guid)
                );
            if (FieldValues.Parse(kind, parts[i]) is not { } text)
                return null;

            parts[i] = text;
        }

        return parts;
    }

    /// <summary>The id of a row that has its key in its own columns.</summary>
    public static string OfRow(RecordType type, object row) =>
        string.Join(
            Separator,
            type.Columns.Where(column => column.IsKeyPart)
                .Select(column => Convert.ToString(column.Property.GetValue(row), CultureInfo.InvariantCulture))
        );

    /// <summary>The id as the database puts it together.</summary>
    public static string Sql(RecordType type) =>
        string.Join($" || '{Separator}' || ", type.KeyColumns.Select(column => $"t.\"{column}\"::text"));

    /// <summary>The stream of an id; null where only the log knows it, by number.</summary>
    public static Guid? StreamOf(RecordType type, string tenant, IReadOnlyList<string> key) =>
        type.HasNumber ? null
        : type.HasCuid ? Cuid.ToVersion7(key[0])
        : type.HasNaturalKey || type.IsOnePerTenant ? ContentIds.Of(["record", type.Name, tenant, .. key])
        : Guid.Parse(key[0]);

    /// <summary>The stream of a record that is about to be made.</summary>
    public static Guid NewStream(RecordType type, string tenant, object row) =>
        type.IsOnePerTenant ? ContentIds.Of("record", type.Name, tenant, tenant)
        : type.HasNaturalKey ? StreamOf(type, tenant, Parse(type, OfRow(type, row))!)!.Value
        : Guid.CreateVersion7();

    /// <summary>The id of a record that was saved.</summary>
    public static string Of(RecordType type, string tenant, Position position, object row) =>
        type.IsOnePerTenant ? tenant
        : type.HasNaturalKey ? OfRow(type, row)
        : type.HasNumber ? position.Number.ToString(CultureInfo.InvariantCulture)
        : type.HasCuid ? Cuid.Of(position.Stream)
        : position.Stream.ToString();
}

/// <summary>Values of columns as people write them in an address.</summary>
internal static class FieldValues
{
    /// <summary>The value in the form that PostgreSQL reads; null where it is none of that type.</summary>
    public static string? Parse(Type type, string text)
    {
        var culture = CultureInfo.InvariantCulture;
        if (type == typeof(string))
            return text.Contains('\0', StringComparison.Ordinal) ? null : text;

        if (type == typeof(Guid))
            return Guid.TryParseExact(text, "D", out var id) ? id.ToString() : null;

        if (type == typeof(bool))
            return text is "true" or "false" ? text : null;

        if (type == typeof(int))
            return int.TryParse(text, NumberStyles.AllowLeadingSign, culture, out var n) ? n.ToString(culture) : null;

        if (type == typeof(long))
            return long.TryParse(text, NumberStyles.AllowLeadingSign, culture, out var n) ? n.ToString(culture) : null;

        if (type == typeof(DateOnly))
            return DateOnly.TryParseExact(text, "yyyy-MM-dd", culture, DateTimeStyles.None, out _) ? text : null;

        if (type == typeof(DateTimeOffset))
            return DateTimeOffset.TryParse(text, culture, DateTimeStyles.AssumeUniversal, out var at)
                ? RowJson.Instant(at)
                : null;

        return decimal.TryParse(text, NumberStyles.Number, culture, out var value) ? value.ToString(culture) : null;
    }
}
