using System.Text;
using SchemaHub.Infrastructure.Files;

namespace SchemaHub.Infrastructure.Specs.Files;

/// <summary>No cell of a CSV file runs in a spreadsheet, and each can be read back.</summary>
public class CsvTextSpec
{
    private static readonly string[] s_formulas =
    [
        "=1+1",
        "+43 1 234",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "\tx",
        "\rx",
        " =1",
        "   +A1",
        "\u00A0=1",
        "\uFEFF=1",
        "\"=1",
        "\"\"=1",
        " \" =1",
        "'=1",
        "''=1",
        "'\"=1",
        "\uFF1D1",
        "\uFF0B1",
        "\uFF0D1x",
        "\uFF20A",
        "=cmd|' /C calc'!A0",
        "=",
        "-",
    ];

    private static readonly string[] s_harmless =
    [
        "",
        "Ann",
        "a=b",
        "'",
        "'quoted'",
        "O'Hara",
        "\"",
        "-5",
        "+43",
        "-1.5e3",
        "ann@example.org",
        "{\"a\": \"=1\"}",
        " x",
    ];

    [TestCaseSource(nameof(s_formulas))]
    public void A_cell_that_begins_like_a_formula_is_text(string cell)
    {
        var escaped = CsvText.Escape(cell);

        escaped.ShouldBe($"'{cell}");
        CsvText.Unescape(escaped).ShouldBe(cell);
        Row(cell).ShouldNotStartWith("=");
        Row([cell], isRaw: true).ShouldNotContain("''''");
    }

    [TestCaseSource(nameof(s_harmless))]
    public void Every_other_cell_stays_as_it_is(string cell)
    {
        CsvText.Escape(cell).ShouldBe(cell);
        CsvText.Unescape(cell).ShouldBe(cell);
    }

    [Test]
    public void Escaping_is_taken_off_exactly_whatever_was_escaped()
    {
        const string alphabet = "'\"= +-@\t\r\nx1\uFF1D\uFEFF";
        var seed = TestContext.CurrentContext.Random.Next(1_000_000);
        var random = new Random(seed);
        for (var round = 0; round < 20_000; round++)
        {
            var cell = string.Concat(
                Enumerable.Range(0, random.Next(8)).Select(_ => alphabet[random.Next(alphabet.Length)])
            );
            CsvText.Unescape(CsvText.Escape(cell)).ShouldBe(cell, $"seed {seed}");
        }
    }

    [Test]
    public void Cells_that_a_separator_stands_in_are_quoted() =>
        Row("a,b", "a;=1", "a\tb", "say \"x\"", null, "z")
            .ShouldBe("\"a,b\",\"a;=1\",\"a\tb\",\"say \"\"x\"\"\",,z\r\n");

    private static string Row(params string?[] cells) => Row(cells, isRaw: false);

    private static string Row(string?[] cells, bool isRaw)
    {
        var text = new StringBuilder();
        CsvText.AppendRow(text, cells, isRaw);
        return text.ToString();
    }
}
