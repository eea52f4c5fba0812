namespace SchemaHub.Domain.Campaigns;

/// <summary>
/// How many of those who got a campaign's mail called it spam. Mailbox providers block who stays above 0.30%, and ask
/// for less than 0.10% (Google's and Yahoo's rules for bulk senders).
/// </summary>
/// <param name="Complained">Mails that were reported, once each.</param>
/// <param name="Arrived">Mails that arrived, as far as that is known.</param>
public sealed record ComplaintRate(long Complained, long Arrived)
{
    /// <summary>Below this many mails a rate says nothing.</summary>
    public const int FewestMails = 1_000;

    private const long WarnsPerTenThousand = 10;
    private const long PausesPerTenThousand = 30;

    /// <summary>What follows from it.</summary>
    public ComplaintVerdict Verdict =>
        Arrived < FewestMails ? ComplaintVerdict.Fine
        : Complained * 10_000 >= Arrived * PausesPerTenThousand ? ComplaintVerdict.Pauses
        : Complained * 10_000 >= Arrived * WarnsPerTenThousand ? ComplaintVerdict.Warns
        : ComplaintVerdict.Fine;

    /// <summary>In percent of the mails; 0 where there are none.</summary>
    public double Percent => Arrived == 0 ? 0 : 100.0 * Complained / Arrived;

    /// <summary>The rate where a provider tells of deliveries, and where none does.</summary>
    /// <param name="delivered">Mails that a provider said arrived.</param>
    /// <param name="sent">Mails that were taken, whatever became of them.</param>
    public static ComplaintRate Of(long complained, long delivered, long sent) =>
        new(complained, delivered > 0 ? delivered : sent);
}

/// <summary>What a complaint rate leads to.</summary>
public enum ComplaintVerdict
{
    /// <summary>Nothing.</summary>
    Fine,

    /// <summary>0.10% or more: the operator is told.</summary>
    Warns,

    /// <summary>0.30% or more: the campaign is paused.</summary>
    Pauses,
}
