using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Infrastructure.Contacts;

/// <content>Whether the row's person may be written to.</content>
internal sealed partial class CsvRow
{
    private CsvStanding? ReadSuppression()
    {
        switch (values[(int)CsvRole.SuppressedFor])
        {
            case null:
                return null;
            case SuppressionReasons.Complaint:
                return CsvStanding.Complained;
            case SuppressionReasons.HardBounce:
                return CsvStanding.Bounced;
            case SuppressionReasons.Manual:
                return CsvStanding.Blocked;
            default:
                Reject(
                    RowCodes.Status,
                    $"\"{NameOf(CsvRole.SuppressedFor)}\" is one of {string.Join(", ", SuppressionReasons.All)}."
                );
                return null;
        }
    }

    private CsvStanding ReadStanding(string[] fields, DateTimeOffset? optInAt, DateTimeOffset? unsubscribedAt)
    {
        var byTimes = ReadStandingFromTimes();
        if (ReadStatuses(fields) is not { } byStatus)
            return byTimes;

        if (header.Format == ContactFileFormat.Mailchimp)
            // A merge field takes consent away, and never gives it.
            return byTimes == CsvStanding.Active ? byStatus : byTimes;

        // Both can be true of somebody who came back; otherwise having left outweighs the word "subscribed".
        var hasComeBack = optInAt > unsubscribedAt;
        return byStatus is CsvStanding.Active or CsvStanding.Dormant && unsubscribedAt is not null && !hasComeBack
            ? CsvStanding.Unsubscribed
            : byStatus;
    }

    /// <summary>Of all columns that are a status, what speaks most against writing; null where all are empty.</summary>
    private CsvStanding? ReadStatuses(string[] fields)
    {
        CsvStanding? strongest = null;
        foreach (var status in header.Statuses)
        {
            var value = fields[status.Column].Trim();
            if (value.Length == 0)
                continue;

            if (!status.Known.TryRead(value, out var standing))
            {
                if (!status.MayBeData)
                    Reject(RowCodes.Status, $"The status in \"{status.Name}\" is not known.");
                continue;
            }

            if (strongest is not null && standing <= strongest)
                continue;

            (strongest, statusValue) = (standing, value);
            statusReason = status.Known.HoldsReasons ? value : null;
        }

        return strongest;
    }

    /// <summary>
    /// Mailchimp's exports have no status: there is a file per status, and only the one of subscribed members says when
    /// a member last changed. People put the three into one file, so the row decides where it can.
    /// </summary>
    private CsvStanding ReadStandingFromTimes()
    {
        if (values[(int)CsvRole.UnsubscribedAt] is not null)
            return CsvStanding.Unsubscribed;

        if (values[(int)CsvRole.CleanedAt] is not null)
            return CsvStanding.Bounced;

        if (header.Format != ContactFileFormat.Mailchimp || values[(int)CsvRole.LastChangedAt] is not null)
            return CsvStanding.Active;

        return (header.Has(CsvRole.UnsubscribedAt), header.Has(CsvRole.CleanedAt)) switch
        {
            (false, false) => CsvStanding.Active,
            (true, false) when !header.Has(CsvRole.LastChangedAt) => CsvStanding.Unsubscribed,
            (false, true) when !header.Has(CsvRole.LastChangedAt) => CsvStanding.Bounced,
            _ => CsvStanding.Dormant,
        };
    }
}
