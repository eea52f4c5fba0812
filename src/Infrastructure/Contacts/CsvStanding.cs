using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Contacts;

/// <summary>What a row says about whether its person may be written to.</summary>
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

    /// <summary>They called the mail spam.</summary>
    Complained,

    /// <summary>On a block list.</summary>
    Blocked,
}

/// <summary>The words that exports have for a standing.</summary>
internal static class CsvStandings
{
    private static readonly Dictionary<string, CsvStanding> ByStatus = new()
    {
        ["subscribed"] = CsvStanding.Active,
        ["active"] = CsvStanding.Active,
        ["enabled"] = CsvStanding.Active,
        ["confirmed"] = CsvStanding.Active,
        ["true"] = CsvStanding.Active,
        ["yes"] = CsvStanding.Active,
        ["1"] = CsvStanding.Active,
        ["pending"] = CsvStanding.Dormant,
        ["unconfirmed"] = CsvStanding.Dormant,
        ["disabled"] = CsvStanding.Dormant,
        ["inactive"] = CsvStanding.Dormant,
        ["archived"] = CsvStanding.Dormant,
        ["transactional"] = CsvStanding.Dormant,
        ["nonsubscribed"] = CsvStanding.Dormant,
        ["false"] = CsvStanding.Dormant,
        ["no"] = CsvStanding.Dormant,
        ["0"] = CsvStanding.Dormant,
        ["unsubscribed"] = CsvStanding.Unsubscribed,
        ["optedout"] = CsvStanding.Unsubscribed,
        ["optout"] = CsvStanding.Unsubscribed,
        ["removed"] = CsvStanding.Unsubscribed,
        ["cleaned"] = CsvStanding.Bounced,
        ["bounced"] = CsvStanding.Bounced,
        ["hardbounced"] = CsvStanding.Bounced,
        ["hardbounce"] = CsvStanding.Bounced,
        ["undeliverable"] = CsvStanding.Bounced,
        ["complained"] = CsvStanding.Complained,
        ["complaint"] = CsvStanding.Complained,
        ["spam"] = CsvStanding.Complained,
        ["abuse"] = CsvStanding.Complained,
        ["blocklisted"] = CsvStanding.Blocked,
        ["blacklisted"] = CsvStanding.Blocked,
        ["blocked"] = CsvStanding.Blocked,
        ["suppressed"] = CsvStanding.Blocked,
    };

    /// <summary>Understands a status.</summary>
    public static bool TryRead(string status, out CsvStanding standing) =>
        ByStatus.TryGetValue(status, out standing) || ByStatus.TryGetValue(CsvHeader.Fold(status), out standing);

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
