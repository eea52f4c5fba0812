namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// Reads the journal line by line, and accepts whole numbers only. Whatever is not a chain of complete numbers is
/// damage, but for the last number: a crash may have cut it short while it was written, and then nothing was committed.
/// </summary>
internal sealed class JournalReading(JournalPlace place)
{
    private readonly List<JournalEntry> _entries = [];

    private JournalPlace _place = place;

    // Where the line before ended, which need not be the end of a number.
    private string _hash = place.Hash;

    // Once a torn line was met, all that follows must have been part of the same write.
    private bool _isTorn;

    /// <summary>The number that ends with a line, if one does.</summary>
    /// <exception cref="JournalException">The line is damaged, or not the one that belongs there.</exception>
    public JournalNumber? Take(JournalLine line)
    {
        if (_isTorn || line.IsTorn)
        {
            PassOver(line);
            return null;
        }

        var entry = line.Entry() ?? throw Damaged(line, "it does not match its hash");
        if (entry.Before != _hash)
            throw Damaged(line, "it does not follow the line before: a line is missing, or one too many");

        var isNext =
            _entries.Count == 0
                ? entry.Part == 1
                : entry.Number == _entries[0].Number
                    && entry.Parts == _entries[0].Parts
                    && entry.Part == _entries.Count + 1;
        if (!isNext)
            throw Damaged(line, "the number before lacks an entry");

        _entries.Add(entry);
        _hash = line.Hash;
        if (entry.Part < entry.Parts)
            return null;

        _place = new JournalPlace(line.End, line.Start, line.Number, _hash, entry.Number);
        var number = new JournalNumber([.. _entries], _place);
        _entries.Clear();
        return number;
    }

    private void PassOver(JournalLine line)
    {
        _isTorn = true;
        if (line.IsTorn)
            return;

        // A number that was written in one piece may have lost a part in the middle, and nothing comes after it.
        var entry = line.Entry();
        var isOfTornNumber =
            entry is { Part: > 1 }
            && entry.Number > _place.LastNumber
            && (_entries.Count == 0 || entry.Number == _entries[0].Number);
        if (!isOfTornNumber)
            throw Damaged(line, "the lines before it are damaged");

        _entries.Add(entry!);
    }

    private static JournalException Damaged(JournalLine line, string why) =>
        new(
            FormattableString.Invariant(
                $"The journal is damaged in line {line.Number}: {why}. Bring the journal back from its backup."
            )
        );
}
