using System.Text.Json;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>A mail that the journal says was handed over.</summary>
/// <param name="IsSent">The provider took it; otherwise nobody knows.</param>
internal sealed record HandedOverMail(int Campaign, int Contact, bool IsSent, DateTimeOffset BegunAt);

/// <summary>What the journal knows of mails that a restored database may not know of.</summary>
internal static class HandedOverMails
{
    /// <param name="journal">All of its entries.</param>
    /// <param name="known">The last number that is in the database.</param>
    public static IReadOnlyCollection<HandedOverMail> Find(IReadOnlyList<JournalEntry> journal, long known)
    {
        var ended = journal
            .Where(entry => entry.Kind == JournalEntryKind.MailsEnded)
            .Select(entry => (entry.Number, Mails: Read<EndedMails>(entry)))
            .GroupBy(entry => entry.Mails.Begun)
            .ToDictionary(entries => entries.Key, entries => entries.First());
        var mails = new Dictionary<(int, int), HandedOverMail>();
        foreach (var entry in journal)
        {
            if (entry.Kind != JournalEntryKind.MailsBegun)
                continue;

            var begun = Read<BegunMails>(entry);
            var hasEnded = ended.TryGetValue(entry.Number, out var end);
            // The database knows what became of them.
            if (hasEnded && end.Number <= known)
                continue;

            var notSent = hasEnded ? PackedIds.Unpack(end.Mails.NotSent).ToHashSet() : [];
            var inDoubt = hasEnded ? PackedIds.Unpack(end.Mails.InDoubt).ToHashSet() : [];
            foreach (var contact in PackedIds.Unpack(begun.Contacts))
            {
                var key = (begun.Campaign, contact);
                var isSent = hasEnded && !notSent.Contains(contact);
                var isUnknown = !hasEnded || inDoubt.Contains(contact);
                // A mail of several entries was tried again: it is sent where one of them says so.
                if (isSent || (isUnknown && !mails.ContainsKey(key)))
                    mails[key] = new HandedOverMail(begun.Campaign, contact, isSent, begun.At);
            }
        }

        return mails.Values;
    }

    private static T Read<T>(JournalEntry entry) =>
        entry.Data!.Value.Deserialize<T>(JsonSerializerOptions.Web)
        ?? throw new JournalException($"Entry {entry.Number} of the journal holds no mails.");
}
