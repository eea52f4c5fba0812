using System.Text;
using System.Text.RegularExpressions;

namespace SchemaHub.Testing;

/// <summary>A mail as it lies in a drop directory or a mailbox, decoded.</summary>
public sealed partial record ReceivedMail(
    IReadOnlyDictionary<string, string> Headers,
    string Text,
    string Html,
    string Source
)
{
    private const int LongestMatch = 1_000;

    public string Subject => DecodeWords(Headers["Subject"]);

    public string To => Headers["To"].Trim('<', '>');

    /// <summary>The first link of the text part.</summary>
    public Uri Link => new(LinkPattern().Match(Text).Value);

    /// <summary>Reads the mails of a directory and deletes them.</summary>
    public static IReadOnlyList<ReceivedMail> Take(string directory)
    {
        var mails = new List<ReceivedMail>();
        foreach (var file in new DirectoryInfo(directory).GetFiles().OrderBy(file => file.LastWriteTimeUtc))
        {
            mails.Add(Parse(File.ReadAllText(file.FullName)));
            file.Delete();
        }

        return mails;
    }

    public static ReceivedMail Parse(string source)
    {
        var normal = source.ReplaceLineEndings("\n");
        var (headers, body) = Split(normal);
        if (headers["Content-Type"].StartsWith("text/plain", StringComparison.Ordinal))
            return new ReceivedMail(headers, Decode((headers, body)), Html: "", normal);

        var boundary = BoundaryPattern().Match(headers["Content-Type"]).Groups["name"].Value;
        var parts = body.Split($"--{boundary}")
            .Skip(1)
            .SkipLast(1)
            .Select(part => Split(part.TrimStart('\n')))
            .ToList();
        string Part(string type) =>
            Decode(parts.Single(part => part.Headers["Content-Type"].StartsWith(type, StringComparison.Ordinal)));
        return new ReceivedMail(headers, Part("text/plain"), Part("text/html"), normal);
    }

    private static (Dictionary<string, string> Headers, string Body) Split(string part)
    {
        var end = part.IndexOf("\n\n", StringComparison.Ordinal);
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in FoldPattern().Replace(part[..end], " ").Split('\n'))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        return (headers, part[(end + 2)..]);
    }

    private static string Decode((Dictionary<string, string> Headers, string Body) part) =>
        part.Headers["Content-Transfer-Encoding"].ToLowerInvariant() switch
        {
            "base64" => Encoding.UTF8.GetString(Convert.FromBase64String(part.Body)).ReplaceLineEndings("\n"),
            "quoted-printable" => Unquote(part.Body.Replace("=\n", "", StringComparison.Ordinal)),
            _ => part.Body,
        };

    private static string DecodeWords(string text) =>
        WordPattern()
            .Replace(
                BetweenWordsPattern().Replace(text, "?==?"),
                word =>
                    word.Groups["how"].Value is "B" or "b"
                        ? Encoding.UTF8.GetString(Convert.FromBase64String(word.Groups["text"].Value))
                        : Unquote(word.Groups["text"].Value.Replace('_', ' '))
            );

    private static string Unquote(string text)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '=')
            {
                bytes.Add(Convert.ToByte(text.Substring(i + 1, 2), 16));
                i += 2;
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes([text[i]]));
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    [GeneratedRegex(@"https?://\S+", RegexOptions.None, LongestMatch)]
    private static partial Regex LinkPattern();

    [GeneratedRegex("boundary=\"?(?<name>[^\";]+)", RegexOptions.None, LongestMatch)]
    private static partial Regex BoundaryPattern();

    [GeneratedRegex(@"\n[ \t]+", RegexOptions.None, LongestMatch)]
    private static partial Regex FoldPattern();

    [GeneratedRegex(@"=\?utf-8\?(?<how>[BbQq])\?(?<text>[^?]*)\?=", RegexOptions.IgnoreCase, LongestMatch)]
    private static partial Regex WordPattern();

    [GeneratedRegex(@"\?=\s+=\?", RegexOptions.None, LongestMatch)]
    private static partial Regex BetweenWordsPattern();
}
