using SchemaHub.Api.CommandLine;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.Seals;

namespace SchemaHub.Api.Specs.CommandLine;

/// <summary>What data hold is shown in a terminal and does nothing there.</summary>
public class StorySpec
{
    private const string Harmful = "a\u001b[2J\u009b1m\u202eb\r\nVALID: forged\u2028c\u0000\u2066d\u200e";

    private static readonly Checkpoint s_checkpoint = new(
        "tenant",
        1,
        [],
        1,
        [],
        1,
        DateTimeOffset.UnixEpoch,
        PreviousHash: null,
        "key"
    );

    private static readonly ProofBundle s_bundle = new(
        ProofBundle.CurrentFormat,
        "tenant",
        Guid.Empty,
        [new ProvenEvent(1, "contact_added", "1970-01-01T00:00:00.000000Z", "{}", 0, [], [])],
        new ProvenHead([], 0, []),
        new SignedCheckpoint("", []),
        []
    );

    [Test]
    public void A_finding_is_one_line_without_controls()
    {
        var lines = Story.Of(new ProofResult([new Finding("edited_event", Harmful)], s_bundle, s_checkpoint));

        lines.Split('\n').Length.ShouldBe(2);
        ShouldBeHarmless(lines);
        lines.ShouldContain(
            "a\\u{1B}[2J\\u{9B}1m\\u{202E}b\\u{D}\\u{A}VALID: forged\\u{2028}c\\u{0}\\u{2066}d\\u{200E}"
        );
    }

    [Test]
    public void An_event_is_one_line_without_controls()
    {
        var added = new ContactAdded(Harmful, null, null, Harmful, Harmful, null, null, null);
        foreach (var happened in new object?[] { added, null })
        {
            var fact = new ProvenFact(1, DateTimeOffset.UnixEpoch, Harmful, happened, Harmful);
            var result = new ProofResult([], s_bundle, s_checkpoint) { Key = SubjectKeyState.Present, Facts = [fact] };

            var lines = Story.Of(result);

            lines.Split('\n').Length.ShouldBe(2);
            ShouldBeHarmless(lines);
        }
    }

    [TestCase(SubjectKeyState.Missing, "The key is missing from the bundle")]
    [TestCase(SubjectKeyState.Erased, "The person was erased, which is sealed")]
    public void Erased_is_said_only_where_an_erasure_is_sealed(SubjectKeyState key, string said)
    {
        var lines = Story.Of(new ProofResult([], s_bundle, s_checkpoint) { Key = key });

        lines.ShouldContain(said);
        lines.Contains("was erased", StringComparison.Ordinal).ShouldBe(key == SubjectKeyState.Erased);
    }

    [Test]
    public void JSON_stays_JSON_and_shows_no_controls()
    {
        var json = Verb.ToJsonLine(new { text = Harmful + "\U000E0001😀" });

        ShouldBeHarmless(json);
        System
            .Text.Json.JsonDocument.Parse(json)
            .RootElement.GetProperty("text")
            .GetString()
            .ShouldBe(Harmful + "\U000E0001😀");
    }

    [Test]
    public void Ordinary_text_of_any_language_stays_as_it_is()
    {
        const string text = "Größe 東京 שלום مرحبا 👩‍👩‍👧 می‌خواهم";

        TerminalText.Line(text).ShouldBe(text);
    }

    private static void ShouldBeHarmless(string text)
    {
        foreach (var rune in text.Replace("\n", "", StringComparison.Ordinal).EnumerateRunes())
            System
                .Text.Rune.GetUnicodeCategory(rune)
                .ShouldNotBeOneOf(
                    System.Globalization.UnicodeCategory.Control,
                    System.Globalization.UnicodeCategory.Format,
                    System.Globalization.UnicodeCategory.LineSeparator
                );
    }
}
