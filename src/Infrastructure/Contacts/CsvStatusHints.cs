using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Contacts;

/// <summary>
/// Looks in the values of columns that are not known for the words of a status: a column "Remarks" with "unsubscribed"
/// in it must not be overlooked where a whole file is subscribed on a stated basis.
/// </summary>
internal sealed class CsvStatusHints
{
    private readonly CsvHeader _header;
    private readonly HashSet<int> _unknown;
    private readonly HashSet<int> _suspicious = [];
    private readonly Dictionary<int, (bool HasNo, bool HasUnknown)> _ambiguous;

    public CsvStatusHints(CsvHeader header, ContactFileOptions options)
    {
        _header = header;
        var data = (options.DataColumns ?? []).Select(CsvHeader.Fold).ToHashSet();
        var statuses = header.Statuses.Select(status => status.Column).ToHashSet();
        _unknown =
        [
            .. header
                .Metadata.Select(metadata => metadata.Column)
                .Where(column => !statuses.Contains(column) && !data.Contains(CsvHeader.Fold(header.Names[column])))
                .Where(column => StatusColumns.Known.Find(CsvHeader.Fold(header.Names[column])) is null),
        ];
        _ambiguous = header
            .Statuses.Where(status => status.MayBeData)
            .ToDictionary(status => status.Column, _ => (false, false));
    }

    /// <summary>Whether further rows can change the answer.</summary>
    public bool WantsMore => _unknown.Count > _suspicious.Count || _ambiguous.Count > 0;

    public void Take(string[] fields)
    {
        if (fields.Length != _header.Names.Count)
            return;

        foreach (var column in _unknown)
        {
            if (StatusColumns.Known.ValueSuggestsStatus(fields[column]))
                _suspicious.Add(column);
        }

        foreach (var status in _header.Statuses.Where(status => status.MayBeData))
        {
            if (fields[status.Column].Trim() is not { Length: > 0 } value)
                continue;

            var (hasNo, hasUnknown) = _ambiguous[status.Column];
            var isKnown = status.Known.TryRead(value, out var standing);
            _ambiguous[status.Column] = (hasNo || (isKnown && standing != CsvStanding.Active), hasUnknown || !isKnown);
        }
    }

    /// <summary>What the columns are, after all rows.</summary>
    public IReadOnlyList<ContactFileColumn> Columns() =>
        [
            .. _header.TakenAs.Select(
                (column, i) =>
                    column with
                    {
                        LooksLikeStatus =
                            column.LooksLikeStatus
                            || _suspicious.Contains(i)
                            || _ambiguous.GetValueOrDefault(i) is (true, true),
                    }
            ),
        ];
}
