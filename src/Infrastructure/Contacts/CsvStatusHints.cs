using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Contacts;

/// <summary>
/// Looks in the values of columns that are not known for the words of a status: a column "Remarks" with "unsubscribed"
/// in it must not be overlooked where a whole file is subscribed on a stated basis.
/// </summary>
internal sealed class CsvStatusHints(CsvHeader header)
{
    private readonly List<CsvStatusColumn> _ambiguous = header.Statuses.FindAll(status => status.MayBeData);
    private readonly Dictionary<int, (bool HasNo, bool HasUnknown)> _seen = [];
    private readonly HashSet<int> _suspicious = [];

    /// <summary>Whether further rows can change the answer.</summary>
    public bool WantsMore => header.Unknown.Count > _suspicious.Count || _ambiguous.Count > 0;

    public void Take(string[] fields)
    {
        if (fields.Length != header.Names.Count)
            return;

        foreach (var column in header.Unknown)
        {
            if (!_suspicious.Contains(column) && StatusColumns.Known.ValueSuggestsStatus(fields[column]))
                _suspicious.Add(column);
        }

        foreach (var status in _ambiguous)
        {
            if (fields[status.Column].Trim() is not { Length: > 0 } value)
                continue;

            var (hasNo, hasUnknown) = _seen.GetValueOrDefault(status.Column);
            var isKnown = status.Known.TryRead(value, out var standing);
            _seen[status.Column] = (hasNo || (isKnown && standing != CsvStanding.Active), hasUnknown || !isKnown);
        }
    }

    /// <summary>What the columns are, after all rows.</summary>
    public IReadOnlyList<ContactFileColumn> Columns() =>
        [
            .. header.TakenAs.Select(
                (column, i) =>
                    column with
                    {
                        LooksLikeStatus =
                            column.LooksLikeStatus
                            || _suspicious.Contains(i)
                            || _seen.GetValueOrDefault(i) is (true, true),
                    }
            ),
        ];
}
