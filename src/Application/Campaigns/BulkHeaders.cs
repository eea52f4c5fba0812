namespace SchemaHub.Application.Campaigns;

/// <summary>The headers that mailbox providers ask of those who write to many people.</summary>
public static class BulkHeaders
{
    /// <summary>
    /// How to unsubscribe (RFC 2369, with one click by RFC 8058), and the name of the list (RFC 2919). One click is
    /// offered over HTTPS only, as RFC 8058 section 3.1 requires.
    /// </summary>
    /// <param name="unsubscribe">The recipient's link.</param>
    /// <param name="slug">The organization's.</param>
    /// <param name="domain">The sender's.</param>
    /// <param name="mailbox">Who writes there is unsubscribed, too; null where no such mail is taken.</param>
    public static IReadOnlyList<KeyValuePair<string, string>> Of(
        Uri unsubscribe,
        string purpose,
        string slug,
        string domain,
        string? mailbox = null
    )
    {
        var headers = new List<KeyValuePair<string, string>>(4)
        {
            new(
                "List-Unsubscribe",
                mailbox is null ? $"<{unsubscribe.AbsoluteUri}>" : $"<{unsubscribe.AbsoluteUri}>, <mailto:{mailbox}>"
            ),
        };
        if (unsubscribe.Scheme == Uri.UriSchemeHttps)
            headers.Add(new("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));

        headers.Add(new("List-Id", $"<{purpose.Replace('_', '-')}.{slug}.{domain}>"));
        return headers;
    }
}
