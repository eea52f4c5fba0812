using System.Globalization;
using System.Text;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Specs.Database;

namespace SchemaHub.Infrastructure.Specs.EventLog;

/// <summary>
/// Every kind of damage to a journal refuses the start and names the line; only a last number that was being written
/// when the machine stopped is dropped.
/// </summary>
public sealed class JournalDamageSpec
{
    private const int LastNumber = 6;

    private string _keys = "";
    private byte[] _whole = [];

    private string File => Path.Combine(_keys, "journal.jsonl");

    private List<string> Lines => [.. Encoding.UTF8.GetString(_whole).Split('\n')[..^1]];

    [SetUp]
    public async Task Write_a_journal()
    {
        _keys = Directory.CreateTempSubdirectory("schemahub-journal-").FullName;
        var journal = Journal.Open(_keys);
        await journal.Append(1, [Of("first")]);
        await journal.Append(2, [Of("one"), Of("two")]);
        await journal.Append(3, [Of("taken back")]);
        await journal.Void(3);
        await journal.Append(4, [Of("one"), Of("two"), Of("three")]);
        await journal.Append(5, [Of("ä long Ünicode line ☂")]);
        await journal.Append(LastNumber, [Of("one"), Of("two")]);
        _whole = await System.IO.File.ReadAllBytesAsync(File);
        Starts().ShouldBeNull();
    }

    [TearDown]
    public void Delete() => Directory.Delete(_keys, recursive: true);

    [Test]
    public void Without_any_one_of_its_lines()
    {
        for (var i = 0; i < Lines.Count; i++)
        {
            var lines = Lines;
            lines.RemoveAt(i);
            ShouldNotStart(lines, $"line {i + 1} removed", Named(i));
        }
    }

    [Test]
    public void With_any_two_neighbouring_lines_swapped()
    {
        for (var i = 0; i + 1 < Lines.Count; i++)
        {
            var lines = Lines;
            (lines[i], lines[i + 1]) = (lines[i + 1], lines[i]);
            ShouldNotStart(lines, $"line {i + 1} swapped", i + 1);
        }
    }

    [Test]
    public void With_any_line_twice_or_again_at_the_end()
    {
        for (var i = 0; i < Lines.Count; i++)
        {
            var lines = Lines;
            lines.Insert(i, lines[i]);
            ShouldNotStart(lines, $"line {i + 1} doubled", i + 2);
            ShouldNotStart([.. Lines, Lines[i]], $"line {i + 1} again at the end", Lines.Count + 1);
        }
    }

    [Test]
    public void With_any_byte_of_any_line_changed()
    {
        for (var place = 0; place < _whole.Length; place++)
        {
            foreach (var change in new byte[] { 0x01, 0x20, 0x80 })
            {
                var bytes = _whole.ToArray();
                bytes[place] ^= change;
                System.IO.File.WriteAllBytes(File, bytes);
                Starts().ShouldNotBeNull($"byte {place} changed by {change}").ShouldContain("line");
            }
        }
    }

    [Test]
    public void Cut_off_after_any_byte()
    {
        for (var length = 0; length < _whole.Length; length++)
        {
            System.IO.File.WriteAllBytes(File, _whole[..length]);
            // Whatever was complete is read; the database's number shows what is missing.
            Journal.Open(_keys).LastNumber.ShouldBe(LastComplete(length), $"{length} bytes");
            Starts().ShouldNotBeNull().ShouldContain("line");
        }
    }

    [Test]
    public async Task A_number_that_was_being_written_is_dropped_as_a_whole_wherever_it_was_cut()
    {
        var journal = Journal.Open(_keys);
        await journal.Append(LastNumber + 1, [Of("one"), Of("two"), Of("three")]);
        var longer = await System.IO.File.ReadAllBytesAsync(File);
        for (var length = _whole.Length; length < longer.Length; length++)
        {
            System.IO.File.WriteAllBytes(File, longer[..length]);
            Starts().ShouldBeNull($"{length} bytes");

            // Zeros where the disk had not yet written a block, at the end or in the middle.
            System.IO.File.WriteAllBytes(File, [.. longer[..length], .. new byte[longer.Length - length]]);
            Starts().ShouldBeNull($"{length} bytes and zeros");
            var (from, to) = (_whole.Length, length);
            System.IO.File.WriteAllBytes(File, [.. longer[..from], .. new byte[to - from], .. longer[to..]]);
            if (to > from)
                Starts().ShouldBeNull($"zeros up to {length}");
        }

        await Journal.Open(_keys).Append(LastNumber + 1, [Of("again")]);
        Journal.Open(_keys).LastNumber.ShouldBe(LastNumber + 1);
    }

    [Test]
    public async Task With_a_line_that_is_not_its_own()
    {
        var other = Directory.CreateTempSubdirectory("schemahub-journal-").FullName;
        var journal = Journal.Open(other);
        for (var number = 1; number <= LastNumber + 1; number++)
            await journal.Append(number, [Of("foreign")]);

        var foreign = System.IO.File.ReadAllLines(Path.Combine(other, "journal.jsonl"));
        Directory.Delete(other, recursive: true);
        for (var i = 0; i <= Lines.Count; i++)
        {
            foreach (var inserted in new[] { foreign[Math.Min(i, foreign.Length - 1)], "", "{}", foreign[^1][..40] })
            {
                var lines = Lines;
                lines.Insert(i, inserted);
                // A foreign first line begins a chain of its own, which the next line does not follow.
                ShouldNotStart(lines, $"{inserted} inserted before line {i + 1}", line: null);
            }
        }
    }

    [Test]
    public async Task A_start_of_the_service_is_refused_and_changes_nothing()
    {
        await using var stopped = await StoppedInstallation.Create();
        var lines = await System.IO.File.ReadAllLinesAsync(stopped.Journal);
        for (var i = 0; i < lines.Length; i++)
        {
            await System.IO.File.WriteAllLinesAsync(stopped.Journal, [.. lines[..i], .. lines[(i + 1)..]]);
            (await stopped.ShouldBeRefused<JournalException>()).ShouldContain("line");
        }

        await System.IO.File.WriteAllLinesAsync(stopped.Journal, lines);
        await using var service = await stopped.Start();
    }

    // Removing the last line leaves nothing behind it that shows it; the message then names the last whole number.
    private static int? Named(int removed) => removed < 9 ? removed + 1 : null;

    private int LastComplete(int length)
    {
        var whole = Encoding.UTF8.GetString(_whole);
        var ends = whole
            .Select((character, i) => (character, i))
            .Where(at => at.character == '\n')
            .Select(at => Encoding.UTF8.GetByteCount(whole[..(at.i + 1)]))
            .ToList();
        // The lines that end the numbers 1, 2, 3, the void of 3, 4, 5 and 6.
        (int Line, int Number)[] numbers = [(0, 1), (2, 2), (3, 3), (4, 2), (7, 4), (8, 5), (10, 6)];
        return numbers.Where(number => ends[number.Line] <= length).Select(number => number.Number).LastOrDefault();
    }

    private void ShouldNotStart(List<string> lines, string why, int? line)
    {
        System.IO.File.WriteAllText(File, string.Concat(lines.Select(text => text + "\n")));
        var refused = Starts().ShouldNotBeNull(why);
        refused.ShouldContain("line", customMessage: why);
        if (line is { } number)
            refused.ShouldContain($"line {number.ToString(CultureInfo.InvariantCulture)}:", customMessage: why);
    }

    /// <summary>Why a service whose database knows the last number does not start; null if it does.</summary>
    private string? Starts()
    {
        try
        {
            Journal.Open(_keys).EnsureReaches(LastNumber, _keys);
            return null;
        }
        catch (JournalException refused)
        {
            return refused.Message;
        }
    }

    private static JournalEntry Of(string name) => new(0, JournalEntryKind.Safeguard, Event: name);
}
