using SchemaHub.Domain;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>Helpers of imports.</summary>
internal static class Imports
{
    public static Guid StreamOf(string tenant, ImportStarted started)
    {
        List<string> parts =
        [
            "import",
            tenant,
            started.FileSha256,
            started.Purpose,
            started.Basis ?? "",
            started.Wording ?? "",
            // How the file is read is part of what comes in: read wrongly, it can be read again.
            started.Format,
            started.Encoding?.ToLowerInvariant() ?? "",
            started.Update ? "update" : "",
            string.Join('\n', started.DataColumns ?? []),
            started.Raw ? "raw" : "",
        ];
        // Last and only where it is said: files that came in before keep their identity.
        if (started.Dates is not null)
            parts.Add(started.Dates);

        return ContentIds.Of([.. parts]);
    }

    /// <summary>Two runs of one file at once would count its rows twice: the one that comes second stops.</summary>
    /// <param name="line">How far the import was when this run saw it last.</param>
    /// <exception cref="RuleBrokenException"><c>import.elsewhere</c>.</exception>
    public static void RequireAlone(Import import, long line)
    {
        if (import.LastLine != line && import.Phase is (ImportPhase.Running or ImportPhase.Finished))
            throw new RuleBrokenException(
                "import.elsewhere",
                "This file is coming in elsewhere at the same time, and is at line "
                    + $"{import.LastLine} there: one run is enough."
            );
    }

    public static ImportCounts Add(ImportCounts sum, ImportCounts one) =>
        new(
            sum.Added + one.Added,
            sum.Existing + one.Existing,
            sum.Consents + one.Consents,
            sum.Withdrawals + one.Withdrawals,
            sum.Refused + one.Refused,
            sum.Rejected + one.Rejected,
            sum.Claimed + one.Claimed,
            sum.Updated + one.Updated,
            sum.Differing + one.Differing
        );
}
