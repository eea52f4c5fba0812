using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>
/// Somebody else's eyes: Python's mail parser, which raises on every defect, and Debian's python3-dkim.
/// </summary>
internal sealed class StrictParser : IDisposable
{
    private const string Python = "/usr/bin/python3";

    private const string Script = """
        import dkim, email, email.header, email.policy, email.utils, json, sys

        def look(raw, record):
            mail = email.message_from_bytes(raw, policy=email.policy.strict)
            part = lambda kind: next((p.get_content() for p in mail.walk() if p.get_content_type() == kind), None)
            lines = raw.split(b"\r\n")
            return {
                "headers": [[name, str(value)] for name, value in mail.items()],
                "mailboxes": {name.lower(): [[named(name, raw), a.addr_spec] for a in mail[name].addresses]
                              for name in ("From", "To", "Reply-To") if mail[name]},
                "text": part("text/plain"),
                "html": part("text/html"),
                "encodings": [p["Content-Transfer-Encoding"] for p in mail.walk() if not p.is_multipart()],
                "longest": max(map(len, lines)),
                "bare": any(b"\r" in line or b"\n" in line for line in lines),
                "ascii": all(byte < 128 for byte in raw),
                "nul": 0 in raw,
                "signed": verify(raw, record) if record else None,
            }

        # The newer parser keeps the space between two encoded words of a name (against RFC 2047 section 6.2).
        def named(header, raw):
            value = str(email.message_from_bytes(raw)[header])
            words = email.header.decode_header(email.utils.parseaddr(value.replace("\r\n", ""))[0])
            return str(email.header.make_header(words))

        def verify(raw, record):
            return dkim.verify(raw, dnsfunc=lambda name, timeout=5:
                               record[1].encode() if name == record[0].encode() + b"." else None)

        reads = sys.stdin.buffer
        while line := reads.readline():
            length = json.loads(line)
            try:
                raw = reads.read(length["bytes"])
                answer = {"signed": verify(raw, length["record"])} if length["only"] else look(raw, length["record"])
            except Exception as error:
                answer = {"error": repr(error)}
            print(json.dumps(answer), flush=True)
        """;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly Process _process;

    public StrictParser()
    {
        var start = new ProcessStartInfo(Python)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(Script);
        _process = Process.Start(start)!;
    }

    /// <summary>Why there can be none on this machine, or null.</summary>
    public static string? Absence { get; } =
        Directory.Exists("/usr/lib/python3/dist-packages/dkim") && File.Exists(Python)
            ? null
            : "python3-dkim is not installed (Debian: python3-dkim).";

    /// <summary>What it sees in a mail.</summary>
    /// <param name="record">The only DNS record there is, by its name: a DKIM key's.</param>
    public SeenMail Look(ReadOnlyMemory<byte> mail, (string Name, string Value)? record = null)
    {
        var seen = Ask(mail, record, only: false);
        seen.Error.ShouldBeNull(string.Create(CultureInfo.InvariantCulture, $"in a mail of {mail.Length} bytes"));
        return seen;
    }

    /// <summary>Whether the signature holds, whatever else is wrong with the mail.</summary>
    public bool Verify(ReadOnlyMemory<byte> mail, (string Name, string Value) record)
    {
        var seen = Ask(mail, record, only: true);
        seen.Error.ShouldBeNull();
        return seen.Signed!.Value;
    }

    private SeenMail Ask(ReadOnlyMemory<byte> mail, (string Name, string Value)? record, bool only)
    {
        var key = record is { } one ? new[] { one.Name, one.Value } : null;
        var request = JsonSerializer.Serialize(
            new
            {
                bytes = mail.Length,
                record = key,
                only,
            }
        );
        var input = _process.StandardInput.BaseStream;
        input.Write(System.Text.Encoding.ASCII.GetBytes(request + "\n"));
        input.Write(mail.Span);
        input.Flush();
        return JsonSerializer.Deserialize<SeenMail>(_process.StandardOutput.ReadLine()!, Json)!;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}

/// <summary>A mail as a strict reader sees it.</summary>
/// <param name="Mailboxes">By header, in lower case: display names and addresses.</param>
/// <param name="Longest">The longest line, in bytes, without its end.</param>
/// <param name="Bare">A line ends with half of CRLF.</param>
/// <param name="Signed">Its DKIM signature holds; null where nobody asked.</param>
internal sealed record SeenMail(
    string? Error,
    IReadOnlyList<string[]> Headers,
    IReadOnlyDictionary<string, string[][]> Mailboxes,
    string? Text,
    string? Html,
    IReadOnlyList<string> Encodings,
    int Longest,
    bool Bare,
    bool Ascii,
    bool Nul,
    bool? Signed
)
{
    public string Header(string name) => Headers.Single(header => header[0] == name)[1];
}
