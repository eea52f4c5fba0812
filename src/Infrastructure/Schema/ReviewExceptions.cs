using SchemaHub.Application.Schema;

namespace SchemaHub.Infrastructure.Schema;

/// <summary>One finding that is meant to be so.</summary>
/// <param name="Place">A place, or its beginning and <c>*</c>.</param>
/// <param name="Actual">What is there instead; anything where <c>*</c>.</param>
/// <param name="OnlyOurs">Holds for databases that this program made.</param>
internal sealed record ReviewException(string Kind, string Place, string Actual, string Reason, bool OnlyOurs)
{
    public bool Covers(SchemaFinding finding) =>
        Kind == finding.Kind
        && (
            Place.EndsWith('*')
                ? finding.Place.StartsWith(Place[..^1], StringComparison.Ordinal)
                : finding.Place == Place
        )
        && (Actual == "*" || Actual == finding.Actual);
}

/// <summary>
/// The exceptions, each with its reason: this program's own in <c>exceptions.tsv</c>, and those of whoever asks for
/// the review, in a file of the same form.
/// </summary>
internal static class ReviewExceptions
{
    private static readonly string[] s_headings = ["scope", "kind", "place", "actual", "reason"];

    public static IReadOnlyList<ReviewException> Ours { get; } = [.. Parse(Resource.Text("schema/exceptions.tsv"))];

    /// <summary>Reads a list: a heading, then scope (<c>ours</c> or <c>any</c>), kind, place, actual, reason.</summary>
    /// <exception cref="FormatException">Says which line is no exception.</exception>
    public static IEnumerable<ReviewException> Parse(string text)
    {
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        if (!lines[0].Split('\t').SequenceEqual(s_headings))
            throw new FormatException($"The first line is not: {string.Join('\t', s_headings)}");

        for (var number = 2; number <= lines.Length; number++)
        {
            var line = lines[number - 1];
            if (line.Length == 0)
                continue;

            var cells = line.Split('\t');
            if (
                cells.Length != s_headings.Length
                || cells.Any(string.IsNullOrWhiteSpace)
                || cells[0] is not ("ours" or "any")
            )
                throw new FormatException(
                    $"Line {number} is no exception: five cells between tabs, none empty, the first ours or any."
                );

            yield return new ReviewException(cells[1], cells[2], cells[3], cells[4], cells[0] == "ours");
        }
    }
}
