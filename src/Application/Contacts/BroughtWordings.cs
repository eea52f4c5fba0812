using System.Collections.Concurrent;

namespace SchemaHub.Application.Contacts;

/// <summary>
/// The wordings that the rows of a file name. A text that comes along is published, so that the consents name what can
/// be read here; a hash alone counts where its text was published before.
/// </summary>
internal sealed class BroughtWordings(Wordings wordings)
{
    // Read by the batch that is decided while the next one is read.
    private readonly ConcurrentDictionary<string, bool> _known = new(StringComparer.Ordinal);

    /// <summary>Whether the text can be read here.</summary>
    public bool Knows(string sha256) => _known.GetValueOrDefault(sha256);

    /// <summary>Publishes the texts that rows bring, each once.</summary>
    public async Task Publish(IEnumerable<ContactFileRow> rows, CancellationToken cancellation)
    {
        foreach (var purpose in rows.SelectMany(row => row.Purposes ?? []))
        {
            if (purpose.Wording is not { } hash || Knows(hash))
                continue;

            if (purpose.Text is not null)
                await wordings.Publish(new(hash, purpose.Language ?? "und", purpose.Text), cancellation);
            else if (_known.ContainsKey(hash))
                continue;

            _known[hash] = purpose.Text is not null || await wordings.Find(hash, cancellation) is not null;
        }
    }
}
