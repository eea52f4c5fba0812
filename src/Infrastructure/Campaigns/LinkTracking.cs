using System.Net;
using System.Text;
using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// One pass over the text, tag by tag as browsers read it (WHATWG HTML, section 13.2.5), without a tree: it runs once
/// for every recipient. Whatever it does not understand it leaves as it is.
/// </summary>
internal sealed class LinkTracking(IMailTokens tokens, IPublicLinks links) : ITracking
{
    // A longer address would not fit into a request's first line, once it is escaped.
    private const int MostTarget = 2_000;
    private const int MostEscaped = 6_000;
    private const int RoomForLinks = 2_048;

    // Each is signed, for every mail anew; what comes after leads where it leads.
    private const int MostLinks = 1_000;

    private readonly string _own = links.Root;
    private readonly string _clicked = WebUtility.HtmlEncode(links.Root + ITracking.Clicked);
    private readonly string _opened = WebUtility.HtmlEncode(links.Root + ITracking.Opened);

    public string Track(string html, int emailLog)
    {
        var output = new StringBuilder(html.Length + RoomForLinks);
        var reader = new TagReader(html);
        var copied = 0;
        var hasPicture = false;
        var tracked = 0;
        while (reader.MoveNext())
        {
            if (reader.IsEndOfBody && !hasPicture)
            {
                Copy(reader.Start);
                AppendPicture(output, emailLog);
                hasPicture = true;
            }
            else if (tracked < MostLinks && reader.Href is { Length: > 0 } href && TargetOf(href) is { } target)
            {
                if (Escape(target) is not { } escaped)
                    continue;

                tracked++;

                Copy(reader.HrefStart);
                // An address without quotes gets them: ours has an equals sign.
                var quote = reader.IsHrefQuoted ? "" : "\"";
                output.Append(quote).Append(_clicked).Append(tokens.Of(TokenUse.Click, emailLog, target));
                output.Append("?" + ITracking.Target + "=").Append(escaped).Append(quote);
                copied = reader.HrefStart + href.Length;
            }
        }

        Copy(html.Length);
        if (!hasPicture)
            AppendPicture(output, emailLog);

        return output.ToString();

        void Copy(int to)
        {
            output.Append(html, copied, to - copied);
            copied = to;
        }
    }

    /// <summary>The address as a browser reads it from the attribute; null where it is left alone.</summary>
    private string? TargetOf(ReadOnlySpan<char> href)
    {
        var trimmed = href.Trim(" \t\r\n\f");
        if (!trimmed.StartsWith("http", StringComparison.OrdinalIgnoreCase) && !trimmed.Contains('&'))
            return null;

        var target = trimmed.ToString();
        if (target.Contains('&', StringComparison.Ordinal))
            target = Decode(target);

        if (target.Length is 0 or > MostTarget || !IsWeb(target) || IsOwn(target))
            return null;

        // What no header can carry as it is must at least be an address.
        return target.AsSpan().ContainsAnyExceptInRange('!', '~') && !IsAddress(target) ? null : target;
    }

    // Nearly always there is nothing else to decode, and this is ten times as fast.
    private static string Decode(string target)
    {
        var plain = target.Replace("&amp;", "&", StringComparison.Ordinal);
        return target.AsSpan().Count('&') == target.AsSpan().Count("&amp;")
            ? plain
            : WebUtility.HtmlDecode(target).Trim();
    }

    private static string? Escape(string target)
    {
        var escaped = Uri.EscapeDataString(target);
        return escaped.Length > MostEscaped ? null : escaped;
    }

    private static bool IsWeb(string target) =>
        target.StartsWith("https://", StringComparison.OrdinalIgnoreCase)
        || target.StartsWith("http://", StringComparison.OrdinalIgnoreCase);

    private static bool IsAddress(string target) =>
        !target.Any(char.IsControl) && Uri.TryCreate(target, UriKind.Absolute, out var uri) && uri.Host.Length > 0;

    // The ways out of the list, and to a person's choices: nobody is watched on them.
    private bool IsOwn(string target) =>
        target.StartsWith(_own, StringComparison.OrdinalIgnoreCase)
        && (target.Length == _own.Length || target[_own.Length] is '/' or '?' or '#');

    private void AppendPicture(StringBuilder output, int emailLog) =>
        output
            .Append("<img src=\"")
            .Append(_opened)
            .Append(tokens.Of(TokenUse.Open, emailLog))
            .Append("\" width=\"1\" height=\"1\" alt=\"\" style=\"border:0;height:1px;width:1px\">");
}
