namespace SchemaHub.Infrastructure.Mail;

/// <summary>Decides whether a text of another server may be logged: some repeat what they were sent.</summary>
internal static class SecretText
{
    // Servers cut what they repeat, and escape it. So many characters of a secret in a row are not chance.
    private const int ShortestPart = 8;
    private const string LeftOut = "(left out: it repeats a secret)";

    /// <summary>The text; another one instead where it has a part of a secret.</summary>
    public static string Without(string text, params ReadOnlySpan<string?> secrets)
    {
        foreach (var secret in secrets)
        {
            if (HasPartOf(text, secret) || HasPartOf(text, Uri.EscapeDataString(secret ?? "")))
                return LeftOut;
        }

        return text;
    }

    private static bool HasPartOf(string text, string? secret)
    {
        if (string.IsNullOrEmpty(secret))
            return false;

        var length = Math.Min(ShortestPart, secret.Length);
        for (var start = 0; start + length <= secret.Length; start++)
        {
            if (text.AsSpan().Contains(secret.AsSpan(start, length), StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }
}
