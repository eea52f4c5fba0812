using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Contacts;

/// <summary>
/// What a row says about whether its person may be written to, from yes to the strongest no: of several columns the
/// later one here decides.
/// </summary>
internal enum CsvStanding
{
    /// <summary>Yes.</summary>
    Active,

    /// <summary>No, though they never left: an opt-in without its second step, a contact switched off.</summary>
    Dormant,

    /// <summary>They left.</summary>
    Unsubscribed,

    /// <summary>The mailbox does not take mail.</summary>
    Bounced,

    /// <summary>On a block list.</summary>
    Blocked,

    /// <summary>They called the mail spam.</summary>
    Complained,
}

/// <summary>What follows from a standing.</summary>
internal static class CsvStandings
{
    /// <summary>The kind of withdrawal, if this is one.</summary>
    public static FileWithdrawalKind? Withdrawal(this CsvStanding standing) =>
        standing switch
        {
            CsvStanding.Unsubscribed => FileWithdrawalKind.Unsubscribed,
            CsvStanding.Bounced => FileWithdrawalKind.Bounced,
            CsvStanding.Complained => FileWithdrawalKind.Complained,
            CsvStanding.Blocked => FileWithdrawalKind.Blocked,
            _ => null,
        };
}
