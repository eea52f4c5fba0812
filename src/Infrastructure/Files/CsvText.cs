using System.Buffers;
using System.Globalization;
using System.Text;

namespace SchemaHub.Infrastructure.Files;

/// <summary>
/// The rows of every CSV file that this product writes (RFC 4180). A spreadsheet runs a cell that begins like a
/// formula, so such a cell gets an apostrophe before it (OWASP, "CSV injection"), which can be taken off again.
/// </summary>
public static class CsvText
{
    // A comma separates our cells; a spreadsheet of another country may take a semicolon or a tab for that.
    private static readonly SearchValues<char> s_quoted = SearchValues.Create(",;\"\r\n\t");

    /// <summary>Adds one row with its line end.</summary>
    /// <param name="isRaw">For programs: every cell as it is.</param>
    public static void AppendRow(StringBuilder text, IEnumerable<string?> cells, bool isRaw = false)
    {
        var isFirst = true;
        foreach (var cell in cells)
        {
            if (!isFirst)
                text.Append(',');

            isFirst = false;
            AppendCell(text, isRaw ? cell ?? "" : Escape(cell ?? ""));
        }

        text.Append("\r\n");
    }

    /// <summary>A cell that no spreadsheet runs; <see cref="Unescape"/> gives back the original.</summary>
    public static string Escape(string cell) => LooksLikeFormula(cell.AsSpan().TrimStart('\'')) ? $"'{cell}" : cell;

    /// <summary>What <see cref="Escape"/> was given.</summary>
    public static string Unescape(string cell) =>
        cell is ['\'', ..] && LooksLikeFormula(cell.AsSpan(1).TrimStart('\'')) ? cell[1..] : cell;

    private static bool LooksLikeFormula(ReadOnlySpan<char> cell)
    {
        if (cell.IsEmpty)
            return false;

        // Spreadsheets pass over spaces, and over quotes that were doubled for them.
        var begun = cell;
        while (!begun.IsEmpty && (char.IsWhiteSpace(begun[0]) || begun[0] is '"' or '\'' or '\uFEFF' or '\u200B'))
            begun = begun[1..];

        var isLike = cell[0] is '\t' or '\r' or '\n' || begun is ['=' or '+' or '-' or '@', ..] || IsFullWidth(begun);
        return isLike && !decimal.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
    }

    // A spreadsheet in Japanese or Chinese takes these for the same characters.
    private static bool IsFullWidth(ReadOnlySpan<char> cell) =>
        cell is ['\uFF1D' or '\uFF0B' or '\uFF0D' or '\uFF20', ..];

    private static void AppendCell(StringBuilder text, string cell)
    {
        if (!cell.AsSpan().ContainsAny(s_quoted))
            text.Append(cell);
        else
            text.Append('"').Append(cell.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
    }
}
