using System.Text;
using FsCheck;
using FsCheck.Fluent;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>Mails as they are composed, read by a strict parser that is not ours.</summary>
[TestFixture]
public sealed class MimeSpec
{
    private static readonly string[] Pieces =
    [
        "a",
        " ",
        "  ",
        "\t",
        ".",
        "=",
        "=20",
        "=?utf-8?Q?a?=",
        "\"",
        "\\",
        ",",
        "<",
        "@",
        "ü",
        "漢字",
        "😀",
        "e\u0301",
        "\u00a0",
        "\r",
        "\n",
        "\r\n",
        "From ",
        "--=_",
        new string('w', 75),
        new string('x', 990),
        string.Concat(Enumerable.Repeat("word ", 30)),
    ];

    private StrictParser _parser = null!;

    [OneTimeSetUp]
    public void Start()
    {
        if (StrictParser.Absence is { } reason)
            Assert.Ignore(reason);

        _parser = new StrictParser();
    }

    [OneTimeTearDown]
    public void End() => _parser?.Dispose();

    [Test]
    public void A_mail_is_read_as_it_was_written()
    {
        var mail = Mails.ToAnn;
        var seen = Look(mail);

        seen.Headers.Select(header => header[0])
            .ShouldBe([
                "Date",
                "From",
                "Reply-To",
                "To",
                "Subject",
                "Message-ID",
                "List-Id",
                "List-Unsubscribe",
                "List-Unsubscribe-Post",
                "Feedback-ID",
                "MIME-Version",
                "Content-Type",
            ]);
        seen.Header("Date").ShouldBe("Sun, 01 Mar 2026 12:00:00 +0000");
        seen.Header("Subject").ShouldBe(mail.Subject);
        seen.Header("Message-ID").ShouldBe("<abc234@list.example>");
        seen.Mailboxes["from"].ShouldHaveSingleItem().ShouldBe(["Zoë's list", "news@list.example"]);
        seen.Mailboxes["to"].ShouldHaveSingleItem().ShouldBe(["Ann O'Hara", "ann@reader.example"]);
        seen.Mailboxes["reply-to"].ShouldHaveSingleItem().ShouldBe(["", "answers@list.example"]);
        foreach (var (name, value) in mail.Headers)
            seen.Header(name).ShouldBe(value);

        seen.Text.ShouldBe(Lines(mail.Text));
        seen.Html.ShouldBe(Lines(mail.Html));
    }

    [TestCase("plain text\nof two lines", "7bit")]
    [TestCase("mostly ASCII, only one ü among many letters", "quoted-printable")]
    [TestCase("From the first word on, a mailbox might change it", "quoted-printable")]
    [TestCase("a terminal\u001b[31m would obey", "quoted-printable")]
    [TestCase("Γειά σου Κόσμε", "base64")]
    public void A_part_is_encoded_no_more_than_it_needs(string text, string encoding)
    {
        var seen = Look(Mails.ToAnn with { Text = text });
        seen.Encodings[0].ShouldBe(encoding);
        seen.Text.ShouldBe(Lines(text));
    }

    [TestCase(997, "7bit")]
    [TestCase(998, "quoted-printable")]
    public void Long_lines_are_not_sent_as_they_are(int length, string encoding)
    {
        var seen = Look(Mails.ToAnn with { Text = new string('a', length) });
        seen.Encodings[0].ShouldBe(encoding);
        seen.Text!.Length.ShouldBe(length);
    }

    [TestCase("a\rb\r\nc\nd", "a\r\nb\r\nc\r\nd")]
    [TestCase("\n\r\n", "\r\n\r\n")]
    [TestCase("", "")]
    public void Every_line_ends_with_both_characters(string text, string read) =>
        Look(Mails.ToAnn with { Text = text }).Text.ShouldBe(read);

    [Test]
    public void Without_HTML_a_mail_is_its_text_alone()
    {
        var seen = Look(Mails.ToAnn with { Html = "" });
        seen.Encodings.Count.ShouldBe(1);
        seen.Html.ShouldBeNull();
        seen.Text!.TrimEnd().ShouldBe(Lines(Mails.ToAnn.Text).TrimEnd());
    }

    [TestCase("news@bücher.example", "news@xn--bcher-kva.example", false)]
    [TestCase("zoë@bücher.example", "zoë@xn--bcher-kva.example", true)]
    [TestCase("a.b+c@reader.example", "a.b+c@reader.example", false)]
    public void Hosts_go_out_in_A_labels_and_local_parts_as_they_are(string to, string wire, bool isInternational)
    {
        var composed = Mails.Compose(Mails.ToAnn with { To = to });
        composed.To.ShouldBe(wire);
        composed.IsInternational.ShouldBe(isInternational);
        Encoding.UTF8.GetString(composed.Content.Span).ShouldContain($"\r\nTo: Ann O'Hara <{wire}>\r\n");
    }

    [TestCase("Smith, John")]
    [TestCase("The \"Best\" \\ list")]
    [TestCase("<script>@evil")]
    [TestCase("=?utf-8?B?AAAA?=")]
    [TestCase("a very long name that does not fit into a line of a header together with its address at all, never")]
    [TestCase("名前がとても長いので一つの符号化語には収まらない送信者の名前です。本当にとても長いです。")]
    public void Any_name_stays_one_name(string name)
    {
        var seen = Look(Mails.ToAnn with { FromName = name, ToName = name });
        seen.Mailboxes["from"].ShouldHaveSingleItem().ShouldBe([name, "news@list.example"]);
        seen.Mailboxes["to"].ShouldHaveSingleItem().ShouldBe([name, "ann@reader.example"]);
    }

    [TestCase("a\r\nBcc: b@evil.example")]
    [TestCase("a\nb")]
    [TestCase("a\rb")]
    [TestCase("a\0b")]
    [TestCase("a\u0085b")]
    public void A_line_break_in_any_header_or_address_is_refused_for_good(string text)
    {
        var mail = Mails.ToAnn;
        foreach (
            var broken in new[]
            {
                mail with
                {
                    FromName = text,
                },
                mail with
                {
                    FromAddress = $"{text}@list.example",
                },
                mail with
                {
                    FromAddress = $"news@{text}.example",
                },
                mail with
                {
                    ReplyTo = $"{text}@list.example",
                },
                mail with
                {
                    To = $"ann@reader.example{text}",
                },
                mail with
                {
                    ToName = text,
                },
                mail with
                {
                    Subject = text,
                },
                mail with
                {
                    MessageId = $"{text}@list.example",
                },
                mail with
                {
                    ReturnPath = $"{text}@list.example",
                },
                mail with
                {
                    Headers = [new("X-List", text)],
                },
                mail with
                {
                    Headers = [new(text, "value")],
                },
            }
        )
            Should.Throw<MailNotSentException>(() => Mails.Compose(broken)).IsForGood.ShouldBeTrue();
    }

    [TestCase("From", "eve@evil.example")]
    [TestCase("bcc", "eve@evil.example")]
    [TestCase("Content-Type", "text/html")]
    [TestCase("X List", "a")]
    [TestCase("X-List:", "a")]
    [TestCase("", "a")]
    public void A_header_that_is_ours_or_is_none_is_refused(string name, string value) =>
        Should
            .Throw<MailNotSentException>(() => Mails.Compose(Mails.ToAnn with { Headers = [new(name, value)] }))
            .IsForGood.ShouldBeTrue();

    [TestCase("")]
    [TestCase("ann")]
    [TestCase("@reader.example")]
    [TestCase("ann@")]
    [TestCase("ann@reader.example, bob@reader.example")]
    [TestCase("ann@reader.example>")]
    [TestCase("<ann@reader.example>")]
    [TestCase("an n@reader.example")]
    [TestCase("ann..b@reader.example")]
    [TestCase("ann@rea der.example")]
    public void What_is_no_address_is_refused(string to) =>
        Should.Throw<MailNotSentException>(() => Mails.Compose(Mails.ToAnn with { To = to })).IsForGood.ShouldBeTrue();

    /// <summary>Whatever a template and a contact's data make, what is read is what was written, and signed.</summary>
    [FsCheck.NUnit.Property(MaxTest = 500)]
    public Property Any_text_comes_back() =>
        Prop.ForAll(
            Gen.OneOf(Gen.Elements(Pieces), ArbMap.Default.GeneratorFor<string>().Select(text => text ?? ""))
                .ListOf()
                .Select(string.Concat)
                .ArrayOf(4)
                .ToArbitrary(),
            texts =>
            {
                var mail = Mails.ToAnn with
                {
                    Subject = OneLine(texts[0]),
                    FromName = OneLine(texts[1]),
                    Text = Readable(texts[2]),
                    Html = Readable(texts[3]) + ".",
                    Dkim = Mails.Key,
                };
                var seen = _parser.Look(Mails.Compose(mail).Content, Mails.Record);
                seen.Header("Subject").ShouldBe(mail.Subject);
                seen.Mailboxes["from"][0][0].ShouldBe(mail.FromName);
                seen.Text.ShouldBe(Lines(mail.Text));
                seen.Html.ShouldBe(Lines(mail.Html));
                seen.Signed.ShouldBe(true);
                ShouldBePassedOnByEveryServer(seen);
            }
        );

    private SeenMail Look(Application.Campaigns.OutgoingMail mail)
    {
        var seen = _parser.Look(Mails.Compose(mail).Content);
        ShouldBePassedOnByEveryServer(seen);
        return seen;
    }

    private static void ShouldBePassedOnByEveryServer(SeenMail seen)
    {
        seen.Longest.ShouldBeLessThanOrEqualTo(998);
        seen.Bare.ShouldBeFalse();
        seen.Ascii.ShouldBeTrue();
        seen.Nul.ShouldBeFalse();
    }

    private static string OneLine(string? text) =>
        string.Concat(Readable(text).Where(character => !char.IsControl(character))).Trim();

    // Half a surrogate pair is no text, and cannot come back.
    private static string Readable(string? text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text ?? ""));

    private static string Lines(string text) =>
        text.Replace("\r\n", "\n", StringComparison.Ordinal)
            .Replace('\r', '\n')
            .Replace("\n", "\r\n", StringComparison.Ordinal);
}
