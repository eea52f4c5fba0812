namespace SchemaHub.Application.Campaigns;

/// <summary>A list of tags, as the records of DKIM and DMARC are (RFC 6376 section 3.2).</summary>
public static class TagList
{
    /// <summary>The tags by name, white space around them dropped; null where it is no such list.</summary>
    public static IReadOnlyDictionary<string, string>? Parse(string text)
    {
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var tag in text.TrimEnd(' ', ';').Split(';'))
        {
            var equals = tag.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || !tags.TryAdd(tag[..equals].Trim(), tag[(equals + 1)..].Trim()))
                return null;
        }

        return tags;
    }
}

/// <summary>A published DKIM key (RFC 6376 section 3.6.1).</summary>
/// <param name="PublicKey">In base64, without white space; empty where the key was revoked.</param>
public sealed record DkimRecord(string PublicKey, bool IsTesting)
{
    /// <summary>Reads a record; null where the text is something else.</summary>
    public static DkimRecord? Parse(string text)
    {
        var tags = TagList.Parse(text);
        if (tags is null || !tags.TryGetValue("p", out var key) || tags.GetValueOrDefault("v", "DKIM1") != "DKIM1")
            return null;

        if (tags.GetValueOrDefault("k", "rsa") != "rsa")
            return null;

        return new DkimRecord(
            string.Concat(key.Where(character => !char.IsWhiteSpace(character))),
            tags.GetValueOrDefault("t", "").Split(':').Contains("y", StringComparer.Ordinal)
        );
    }
}
