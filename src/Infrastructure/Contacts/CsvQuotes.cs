namespace SchemaHub.Infrastructure.Contacts;

/// <summary>Finds out what is wrong with the quotes of a record that the parser repaired.</summary>
internal static class CsvQuotes
{
    private const byte Quote = (byte)'"';

    /// <summary>
    /// The first quoted field that does not end as one should: with a quote, then a delimiter or line end. Spaces and
    /// tabs may stand around the quotes.
    /// </summary>
    /// <returns>
    /// Where it opens and where its quote closes, which is the record's length when nothing closes it; -1 for both when
    /// all is well.
    /// </returns>
    public static (int Opened, int Ended) FindUnclosed(ReadOnlySpan<byte> record, byte delimiter)
    {
        for (var start = 0; start < record.Length; start++)
        {
            start = SkipBlanks(record, start, delimiter);
            var end = start;
            if (start < record.Length && record[start] == Quote)
            {
                end = FindClosing(record, start + 1);
                if (end == record.Length)
                    return (start, end);

                end = SkipBlanks(record, end + 1, delimiter);
                if (end < record.Length && record[end] != delimiter)
                    return (start, end);
            }

            var next = record[end..].IndexOf(delimiter);
            start = next < 0 ? record.Length : end + next;
        }

        return (-1, -1);
    }

    private static int SkipBlanks(ReadOnlySpan<byte> record, int from, byte delimiter)
    {
        while (from < record.Length && record[from] != delimiter && record[from] is (byte)' ' or (byte)'\t')
            from++;

        return from;
    }

    private static int FindClosing(ReadOnlySpan<byte> record, int from)
    {
        while (from < record.Length)
        {
            var quote = record[from..].IndexOf(Quote);
            if (quote < 0)
                return record.Length;

            from += quote;
            var isDoubled = from + 1 < record.Length && record[from + 1] == Quote;
            if (!isDoubled)
                return from;

            from += 2;
        }

        return record.Length;
    }
}
