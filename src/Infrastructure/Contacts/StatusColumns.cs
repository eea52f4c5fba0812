using System.Collections.Frozen;
using SchemaHub.Application;

namespace SchemaHub.Infrastructure.Contacts;

/// <summary>
/// The columns of other tools' exports that say whether a person may be written to, from
/// <c>status-columns.json</c>. A tool is added there, not in code.
/// </summary>
internal sealed class StatusColumns
{
    private readonly FrozenDictionary<string, StatusColumn> _byName;
    private readonly StatusColumn[] _byStart;
    private readonly string[] _hints;
    private readonly FrozenSet<string> _hintsAlone;
    private readonly FrozenSet<string> _everyday;

    private StatusColumns(StatusColumnFile file)
    {
        Words = WordsOf(file.Words);
        All = [.. file.Columns.Select(column => new StatusColumn(column, Words))];
        _byName = All.Where(column => !column.IsPrefix).ToFrozenDictionary(column => column.Key);
        _byStart = [.. All.Where(column => column.IsPrefix)];
        _hints = [.. file.LooksLikeStatus];
        _hintsAlone = file.LooksLikeStatusAlone.ToFrozenSet();
        _everyday = file.EverydayWords.ToFrozenSet();
    }

    /// <summary>The columns of this program.</summary>
    public static StatusColumns Known { get; } =
        new(EmbeddedJson.Read<StatusColumnFile>("contacts/status-columns.json"));

    /// <summary>Every known column.</summary>
    public IReadOnlyList<StatusColumn> All { get; }

    /// <summary>What a value means in any column that is a status.</summary>
    public IReadOnlyDictionary<string, CsvStanding> Words { get; }

    /// <summary>The known column of this name, or null.</summary>
    /// <param name="key">A folded name, see <see cref="CsvHeader.Fold"/>.</param>
    public StatusColumn? Find(string key) =>
        _byName.GetValueOrDefault(key)
        ?? Array.Find(_byStart, column => key.StartsWith(column.Key, StringComparison.Ordinal));

    /// <summary>Whether the name of a column that is not known suggests a status.</summary>
    /// <param name="key">A folded name.</param>
    public bool NameSuggestsStatus(string key) =>
        _hintsAlone.Contains(key) || Array.Exists(_hints, hint => key.Contains(hint, StringComparison.Ordinal));

    /// <summary>Whether a value of a column that is not known says that a person must not be written to.</summary>
    public bool ValueSuggestsStatus(string value) =>
        CsvHeader.Fold(value) is var word
        && !_everyday.Contains(word)
        && Words.TryGetValue(word, out var standing)
        && standing.Withdrawal() is not null;

    private static FrozenDictionary<string, CsvStanding> WordsOf(Dictionary<string, string[]> words) =>
        words
            .SelectMany(standing => standing.Value.Select(word => (word, StatusColumn.Standing(standing.Key))))
            .ToFrozenDictionary(pair => pair.word, pair => pair.Item2);
}

/// <summary>A column that says whether a person may be written to, or that is known to say nothing about it.</summary>
internal sealed class StatusColumn
{
    private static readonly FrozenSet<string> Yes = new[] { "true", "yes", "y", "1", "on", "x" }.ToFrozenSet();
    private static readonly FrozenSet<string> No = new[] { "false", "no", "n", "0", "off" }.ToFrozenSet();
    private static readonly char[] ListMarks = [',', ';', '|', '[', ']', '\'', '"'];

    private readonly StatusColumnEntry _entry;
    private readonly IReadOnlyDictionary<string, CsvStanding> _words;
    private readonly Dictionary<string, CsvStanding> _values;

    public StatusColumn(StatusColumnEntry entry, IReadOnlyDictionary<string, CsvStanding> words)
    {
        (_entry, _words) = (entry, words);
        IsPrefix = entry.Column.EndsWith('*');
        Key = CsvHeader.Fold(entry.Column.TrimEnd('*'));
        _values = (entry.Values ?? [])
            .SelectMany(standing => standing.Value.Select(value => (CsvHeader.Fold(value), Standing(standing.Key))))
            .ToDictionary(pair => pair.Item1, pair => pair.Item2);
        Role = entry.Role is null ? null : Enum.Parse<CsvRole>(entry.Role);
    }

    /// <summary>The folded name, or its beginning.</summary>
    public string Key { get; }

    /// <summary>Whether names that begin with <see cref="Key"/> are meant.</summary>
    public bool IsPrefix { get; }

    /// <summary>The tools whose exports have the column.</summary>
    public string Tool => _entry.Tool;

    /// <summary>The evidence that the column holds; null where it holds a status.</summary>
    public CsvRole? Role { get; }

    /// <summary>The name suggests a status, and the column says nothing about mail.</summary>
    public bool IsAboutSomethingElse => _entry.About is not null;

    /// <summary>Columns of other meaning have this name, too: values that are not known say nothing.</summary>
    public bool MayBeData => _entry.MayBeData;

    /// <summary>Any value is a reason why the person must not be written to.</summary>
    public bool HoldsReasons => _entry.Filled is not null && !_entry.Reversed && !_entry.List;

    /// <summary>The values that the column has meanings of its own for.</summary>
    public IReadOnlyDictionary<string, CsvStanding> Values => _values;

    /// <summary>Understands a value that is not empty.</summary>
    public bool TryRead(string value, out CsvStanding standing)
    {
        if (!_entry.List)
            return TryReadOne(value, out standing);

        standing = CsvStanding.Active;
        var isKnown = true;
        foreach (
            var item in value.Split(ListMarks, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        )
        {
            isKnown &= TryReadOne(item, out var one);
            standing = one > standing ? one : standing;
        }

        return isKnown;
    }

    public static CsvStanding Standing(string name) => Enum.Parse<CsvStanding>(name, ignoreCase: true);

    private bool TryReadOne(string value, out CsvStanding standing)
    {
        var word = CsvHeader.Fold(value);
        if (_values.TryGetValue(word, out standing))
            return true;

        if (_entry.Reversed)
            return TryReadReversed(value, word, out standing);

        if (_entry.No is not null && No.Contains(word))
            standing = Standing(_entry.No);
        else if (!_words.TryGetValue(word, out standing))
            return TryReadOther(value, out standing);

        return true;
    }

    private bool TryReadReversed(string value, string word, out CsvStanding standing)
    {
        standing = CsvStanding.Active;
        if (No.Contains(word))
            return true;

        if (Yes.Contains(word))
        {
            standing = Standing(_entry.Yes ?? nameof(CsvStanding.Unsubscribed));
            return true;
        }

        return (_words.TryGetValue(word, out standing) && standing.Withdrawal() is not null)
            || TryReadOther(value, out standing);
    }

    // What it says of the person does not depend on which day it was.
    private static bool IsDate(string value) => CsvValues.TryReadInstant(value, out _) || CsvDates.IsOne(value);

    private bool TryReadOther(string value, out CsvStanding standing)
    {
        standing = CsvStanding.Active;
        var meaning = _entry.Date is not null && IsDate(value) ? _entry.Date : _entry.Filled;
        if (meaning is null)
            return false;

        standing = Standing(meaning);
        return true;
    }
}

/// <summary>The file of known columns.</summary>
/// <param name="EverydayWords">Words of a status that say nothing in a column that is not known.</param>
internal sealed record StatusColumnFile(
    string Note,
    Dictionary<string, string[]> Words,
    StatusColumnEntry[] Columns,
    string[] LooksLikeStatus,
    string[] LooksLikeStatusAlone,
    string[] EverydayWords
);

/// <summary>One known column.</summary>
/// <param name="Column">Its name; a star at its end stands for any rest.</param>
/// <param name="Tool">Whose exports have it.</param>
/// <param name="Values">By standing, the values that have a meaning of their own here.</param>
/// <param name="Reversed">The column asks the opposite question: yes means no mail.</param>
/// <param name="Yes">What yes means in a reversed column; unsubscribed where null.</param>
/// <param name="No">What no means, where it is more than not having opted in.</param>
/// <param name="Date">What a date as value means.</param>
/// <param name="Filled">What any other value means.</param>
/// <param name="List">The value is a list; the item that speaks most against writing decides.</param>
/// <param name="MayBeData">Columns of other meaning have this name, too.</param>
/// <param name="Role">The evidence that the column holds.</param>
/// <param name="About">Set where the column says nothing about mail.</param>
internal sealed record StatusColumnEntry(
    string Column,
    string Tool,
    Dictionary<string, string[]>? Values = null,
    bool Reversed = false,
    string? Yes = null,
    string? No = null,
    string? Date = null,
    string? Filled = null,
    bool List = false,
    bool MayBeData = false,
    string? Role = null,
    string? About = null
);
