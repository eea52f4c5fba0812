using Npgsql;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Contacts;

/// <summary>
/// The mails that were sent to an erased person stay in the ledger as evidence, without what tells who it was: the
/// address, the subject, which may greet them by name, and the links they followed, which may name them, too.
/// </summary>
internal static class SentMails
{
    private const string Ledger = """
        update backstage.email_logs l
        set recipient_email = u.erased_email, subject = null
        from unnest($1, $2) as u (contact_id, erased_email)
        where l.contact_id = u.contact_id
        """;

    private const string Links = """
        update backstage.email_events e
        set metadata = e.metadata - 'link'
        from unnest($1) as u (contact_id)
        join backstage.email_logs l on l.contact_id = u.contact_id
        where e.email_log_id = l.id and e.event_type = 'clicked'
        """;

    /// <summary>Adds the statements, where somebody was erased.</summary>
    public static void Clear(IEnumerable<ContactRow> all, NpgsqlBatch batch)
    {
        var erased = all.ToList();
        if (erased.Count == 0)
            return;

        var contacts = erased.ConvertAll(row => checked((int)row.Id));
        batch.Add(Ledger, contacts.Column(), erased.Select(row => row.ErasedEmail).Column());
        batch.Add(Links, contacts.Column());
    }
}
