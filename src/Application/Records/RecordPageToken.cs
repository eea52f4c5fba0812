using System.Buffers.Text;
using System.Text.Json;
using FluentValidation;
using FluentValidation.Results;

namespace SchemaHub.Application.Records;

/// <summary>Which part of a sorted list a row is in.</summary>
internal enum ListPart
{
    /// <summary>Rows that have a value.</summary>
    Values,

    /// <summary>Rows that have none.</summary>
    Nulls,
}

/// <summary>
/// Where a list goes on: the list's own name with its filters and order, and the last row's place. It grants nothing,
/// so it is not signed; it is refused where it belongs to another list.
/// </summary>
internal sealed record RecordPageToken(ListPart Part, string? Value, IReadOnlyList<string> Key)
{
    /// <exception cref="ValidationException">It is no token, or another list's.</exception>
    public static RecordPageToken? Read(ListRecords query)
    {
        if (query.After is null)
            return null;

        try
        {
            var parts = JsonSerializer.Deserialize<string?[]>(Base64Url.DecodeFromChars(query.After));
            if (
                parts is [{ } list, { } part, var value, { } id]
                && list == NameOf(query)
                && Enum.TryParse<ListPart>(part, out var known)
                && RecordIds.Parse(RecordCatalogue.Get(query.Table), id) is { } key
            )
                return new RecordPageToken(known, value, key);
        }
        catch (Exception unreadable) when (unreadable is JsonException or FormatException)
        {
            // As good as another list's.
        }

        throw new ValidationException([
            new ValidationFailure(
                "after",
                "It is the next of a page of this same list with these same filters and order, unchanged."
            ),
        ]);
    }

    /// <summary>As the caller gets it.</summary>
    public string Write(ListRecords query) =>
        Base64Url.EncodeToString(
            JsonSerializer.SerializeToUtf8Bytes<string?[]>([NameOf(query), $"{Part}", Value, Key[0]])
        );

    private static string NameOf(ListRecords query)
    {
        var filters = (query.Filters ?? new Dictionary<string, string>())
            .OrderBy(filter => filter.Key, StringComparer.Ordinal)
            .SelectMany(filter => new[] { filter.Key, filter.Value });
        return ContentIds
            .Of([query.Table, query.Sort ?? "", query.Descending ? "desc" : "asc", .. filters])
            .ToString("N");
    }
}
