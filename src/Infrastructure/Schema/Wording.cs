using System.Security.Cryptography;
using System.Text;

namespace SchemaHub.Infrastructure.Schema;

/// <summary>Parts in the words of a report: short, on one line.</summary>
internal static class Wording
{
    private const int LongestValue = 160;

    public static string Of(CataloguePart part) =>
        OneLine(
            part.Kind switch
            {
                PartKind.Table => part[Trait.Is],
                PartKind.Column => Mending.ColumnLine(part),
                PartKind.PrimaryKey => $"primary key {part.Id}",
                PartKind.Unique => $"unique {part.Id}",
                PartKind.Check => $"check {part.Id}",
                PartKind.ForeignKey => $"{part.Id} on delete {part[Trait.OnDelete]}",
                PartKind.Index or CatalogueRows.IndexOfConstraint => $"{part.Name} {part.Id}",
                PartKind.Enum => part[Trait.Values]
                    .Replace(CataloguePart.ColumnSeparator, ", ", StringComparison.Ordinal),
                PartKind.Policy => $"{part.Id} ({part[Trait.Command]} by {part[Trait.Roles]})",
                PartKind.Privilege => $"{part.Id}: {Value(part[Trait.Privileges])}",
                _ => part.Id,
            }
        );

    /// <summary>A trait's value; of a long one, what tells it from others.</summary>
    public static string Value(string value)
    {
        value = OneLine(value.Replace(CataloguePart.ColumnSeparator, ", ", StringComparison.Ordinal));
        return value.Length switch
        {
            0 => "none",
            > LongestValue => $"{value[..LongestValue]}… (SHA-256 {Hash(value)})",
            _ => value,
        };
    }

    private static string OneLine(string text) =>
        string.Join(' ', text.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries));

    private static string Hash(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..12];
}
