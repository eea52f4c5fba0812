using System.Globalization;
using System.Text;

namespace SchemaHub.Infrastructure.Schema;

/// <summary>
/// Everything that this program's migrations make, part by part, as <c>published.tsv</c> holds it. Written by
/// <c>schemahub schema snapshot</c>; a spec compares it with a fresh database.
/// </summary>
internal sealed class PublishedCatalogue
{
    public const string Resource = "schema/published.tsv";
    private const string Documented = "documented";
    private const string Addition = "addition";

    private static readonly Lazy<PublishedCatalogue> s_current = new(() => Parse(Schema.Resource.Text(Resource)));

    private PublishedCatalogue(Catalogue catalogue, IReadOnlySet<CataloguePart> documented)
    {
        Catalogue = catalogue;
        DocumentedParts = documented;
    }

    public static PublishedCatalogue Current => s_current.Value;

    /// <summary>What is compared: the documented schemas, and what their policies stand on.</summary>
    public static IReadOnlyList<string> Schemas { get; } = [.. DocumentedFacts.Schemas, "access"];

    public Catalogue Catalogue { get; }

    /// <summary>The parts that documents ask for; the others are additions.</summary>
    public IReadOnlySet<CataloguePart> DocumentedParts { get; }

    /// <summary>The statement that makes a function.</summary>
    public string Definition(string schema, string signature, Func<string, string> signatureOf) =>
        Catalogue.Of(schema, "", PartKind.Function).FirstOrDefault(part => signatureOf(part.Id) == signature) is { } its
            ? $"{its[Trait.Definition]};"
            : Mending.Note($"create the function {schema}.{signature}");

    /// <summary>A live database as the file has it.</summary>
    public static string Write(Catalogue live, TimeProvider clock)
    {
        var review = new FactReview(live, clock);
        var documented = DocumentedFacts
            .Schemas.SelectMany(review.Review)
            .SelectMany(result => result.Witnesses)
            .ToHashSet(ReferenceEqualityComparer.Instance);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"PostgreSQL\t{live.ServerVersion / 10_000}\n");
        foreach (var part in InOrder(live.Parts.Where(IsPublished(live))))
        {
            var origin = documented.Contains(part) ? Documented : Addition;
            text.AppendJoin('\t', [origin, part.Schema, part.Table, part.Kind, Escaped(part.Id)]);
            foreach (var (trait, value) in part.Traits.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                if (trait != Trait.Comment)
                    text.Append('\t').Append(trait).Append('=').Append(Escaped(value));
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    public static PublishedCatalogue Parse(string text)
    {
        var documented = new HashSet<CataloguePart>(ReferenceEqualityComparer.Instance);
        var parts = new List<CataloguePart>();
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (var line in lines.Skip(1))
        {
            var cells = line.TrimEnd('\r').Split('\t');
            var traits = cells
                .Skip(5)
                .Select(cell => (Sign: cell.IndexOf('=', StringComparison.Ordinal), Cell: cell))
                .ToDictionary(
                    pair => pair.Cell[..pair.Sign],
                    pair => Unescaped(pair.Cell[(pair.Sign + 1)..]),
                    StringComparer.Ordinal
                );
            var part = new CataloguePart(cells[1], cells[2], cells[3], Unescaped(cells[4]), traits);
            parts.Add(part);
            if (cells[0] == Documented)
                documented.Add(part);
        }

        var catalogue = new Catalogue(parts)
        {
            ServerVersion = int.Parse(lines[0].Split('\t')[1], CultureInfo.InvariantCulture) * 10_000,
            IsOurs = true,
            Schemas = parts.Select(part => part.Schema).ToHashSet(StringComparer.Ordinal),
        };
        return new PublishedCatalogue(catalogue, documented);
    }

    /// <summary>Schema by schema, table by table; columns in their order, everything else by what it is.</summary>
    public static IEnumerable<CataloguePart> InOrder(IEnumerable<CataloguePart> parts) =>
        parts
            .OrderBy(part => Place(Schemas, part.Schema))
            .ThenBy(part => part.Table, StringComparer.Ordinal)
            .ThenBy(part => Place(PartKind.All, part.Kind))
            .ThenBy(part => part.Kind == PartKind.Column ? "" : part.Id, StringComparer.Ordinal)
            .ThenBy(part => part.Kind == PartKind.Column ? "" : part.Name, StringComparer.Ordinal);

    /// <summary>Neither what comes and goes with time nor what comes with a constraint.</summary>
    public static Func<CataloguePart, bool> IsPublished(Catalogue live) =>
        part =>
            part.Kind != CatalogueRows.IndexOfConstraint
            && (part.Kind != PartKind.Privilege || live.Table(part.Schema, part.Table) is not null)
            && (part.Kind != PartKind.Extension || part.Id != "plpgsql");

    private static int Place(IReadOnlyList<string> list, string item)
    {
        for (var index = 0; index < list.Count; index++)
        {
            if (list[index] == item)
                return index;
        }

        return -1;
    }

    private static string Escaped(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\t", "\\t", StringComparison.Ordinal)
            .Replace("\r", "\\r", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal);

    private static string Unescaped(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
            return text;

        var plain = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] != '\\')
            {
                plain.Append(text[at]);
                continue;
            }

            at++;
            plain.Append(
                text[at] switch
                {
                    't' => '\t',
                    'r' => '\r',
                    'n' => '\n',
                    var same => same,
                }
            );
        }

        return plain.ToString();
    }
}
