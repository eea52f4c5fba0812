using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using SchemaHub.Infrastructure.Mail;

namespace SchemaHub.Faults;

/// <summary>A mail that the server took.</summary>
/// <param name="Ordinal">Counts the mails in the order in which they were taken, from 1.</param>
internal sealed record TakenMail(long Ordinal, string To, string MessageId, string Subject);

/// <summary>How the mail server treats the mails that are handed over.</summary>
internal enum MailMood
{
    /// <summary>Takes them.</summary>
    Takes,

    /// <summary>Answers 421, and takes nothing.</summary>
    Busy,

    /// <summary>Takes them, says nothing for seconds, and hangs up.</summary>
    TakesAndFallsSilent,

    /// <summary>Takes nothing, says nothing for seconds, and then answers 451.</summary>
    FallsSilent,

    /// <summary>Takes them and hangs up without an answer.</summary>
    TakesAndHangsUp,

    /// <summary>Takes one mail on each connection, answers, and hangs up.</summary>
    TakesOneEach,
}

/// <summary>The mail server of a round. It notes every mail that it takes, before it answers.</summary>
internal sealed partial class MailServer : IAsyncDisposable
{
    private readonly MailSink _sink;
    private readonly ConcurrentQueue<TakenMail> _taken = new();
    private readonly ConcurrentDictionary<string, string> _contents = new(StringComparer.OrdinalIgnoreCase);
    private readonly Func<TimeSpan> _silence;
    private volatile MailMood _mood;
    private long _ordinal;

    /// <param name="silence">How long a silent server keeps silent.</param>
    public MailServer(Func<TimeSpan> silence)
    {
        _silence = silence;
        _sink = new MailSink(keeps: true)
        {
            Slowness = TimeSpan.FromMilliseconds(40),
            Kept = Note,
            Answer = Answer,
            AfterTaking = AfterTaking,
            HangsUpAfter = () => _mood == MailMood.TakesOneEach,
        };
    }

    public int Port => _sink.Port;

    /// <summary>The number of the mail taken last.</summary>
    public long Ordinal => Interlocked.Read(ref _ordinal);

    public IReadOnlyList<TakenMail> Taken => [.. _taken];

    public MailMood Mood
    {
        get => _mood;
        set => _mood = value;
    }

    /// <summary>Whom mails with an unsubscribe link went to, and the link's token; each is given out once.</summary>
    public ConcurrentQueue<(string To, string Token)> Links { get; } = new();

    /// <summary>The mail that an address got last, or null.</summary>
    public string? LastTo(string email) => _contents.GetValueOrDefault(email);

    public ValueTask DisposeAsync() => _sink.DisposeAsync();

    private void Note(string to, string messageId, string content)
    {
        var head = Folding()
            .Replace(content[..Math.Max(0, content.IndexOf("\r\n\r\n", StringComparison.Ordinal))], " ");
        var subject = Subject().Match(head).Groups["text"].Value.Trim();
        _taken.Enqueue(new TakenMail(Interlocked.Increment(ref _ordinal), to, messageId, subject));
        if (Unsubscribe().Match(head) is { Success: true } link)
            Links.Enqueue((to, link.Groups["token"].Value));
        else
            _contents[to] = content;
    }

    private async Task<string?> Answer(string to)
    {
        switch (_mood)
        {
            case MailMood.Busy:
                return "421 4.3.2 The service is not available now";
            case MailMood.FallsSilent:
                await Task.Delay(_silence());
                return "451 4.3.0 Try again later";
            default:
                return null;
        }
    }

    private async Task<bool> AfterTaking(string to)
    {
        switch (_mood)
        {
            case MailMood.TakesAndFallsSilent:
                await Task.Delay(_silence());
                return false;
            case MailMood.TakesAndHangsUp:
                return false;
            default:
                return true;
        }
    }

    // RFC 5322 section 2.2.3.
    [GeneratedRegex("\r\n[ \t]+", RegexOptions.None, 1_000)]
    private static partial Regex Folding();

    [GeneratedRegex("(^|\r\n)Subject:(?<text>[^\r]*)", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase, 1_000)]
    private static partial Regex Subject();

    [GeneratedRegex(
        "\r\nList-Unsubscribe:[^\r]*/unsubscribe/(?<token>[^>/? \r]+)[^>\r]*>",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase,
        1_000
    )]
    private static partial Regex Unsubscribe();
}
