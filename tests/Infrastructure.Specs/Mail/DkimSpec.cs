using System.Security.Cryptography;
using System.Text;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>Our signatures, verified by Debian's python3-dkim and by MimeKit, which have to agree.</summary>
[TestFixture]
public sealed class DkimSpec
{
    private StrictParser _verifier = null!;

    [OneTimeSetUp]
    public void Start()
    {
        if (StrictParser.Absence is { } reason)
            Assert.Ignore(reason);

        _verifier = new StrictParser();
    }

    [OneTimeTearDown]
    public void End() => _verifier?.Dispose();

    [Test]
    public void A_signed_mail_is_verified()
    {
        var seen = _verifier.Look(Signed(), Mails.Record);
        seen.Signed.ShouldBe(true);
        MimeKitVerifier.Verify(Signed(), Mails.Record).ShouldBeTrue();
        Encoding.ASCII.GetString(Signed().Span).Split("\r\n")[..9].Max(line => line.Length).ShouldBeLessThan(79);
        var signature = seen.Header("DKIM-Signature");
        signature.ShouldContain("a=rsa-sha256; c=relaxed/relaxed; d=list.example;");
        signature.ShouldContain("t=1772366400;");
        // From once more than it is there: nobody can put another one in front.
        string.Concat(signature.Where(character => !char.IsWhiteSpace(character)))
            .ShouldContain(
                "h=from:from:to:subject:date:message-id:reply-to:mime-version:content-type:list-unsubscribe:"
                    + "list-unsubscribe-post:list-id:feedback-id;"
            );
    }

    [Test]
    public void A_key_of_another_domain_verifies_nothing()
    {
        using var other = RSA.Create(2048);
        var record = $"v=DKIM1; k=rsa; p={Convert.ToBase64String(other.ExportSubjectPublicKeyInfo())}";
        _verifier.Look(Signed(), (Mails.Record.Name, record)).Signed.ShouldBe(false);
        MimeKitVerifier.Verify(Signed(), (Mails.Record.Name, record)).ShouldBeFalse();
    }

    [TestCase("Subject: ", "Subject: X")]
    [TestCase("<news.list.example>", "<mews.list.example>")]
    [TestCase("One-Click", "Two-Click")]
    [TestCase("/unsubscribe/a", "/unsubscribe/b")]
    [TestCase("https://list.example/a", "https://list.example/b")]
    [TestCase("Message-ID: <abc", "Message-ID: <abd")]
    [TestCase("Date: Sun", "Date: Mon")]
    [TestCase("From: ", "From: eve@evil.example\r\nFrom: ")]
    public void What_was_changed_on_the_way_is_seen(string text, string changed)
    {
        var mail = Encoding.ASCII.GetString(Signed().Span);
        mail.ShouldContain(text);
        var at = mail.IndexOf(text, StringComparison.Ordinal);
        mail = mail[..at] + changed + mail[(at + text.Length)..];
        // Two From headers are a defect to the strict parser, which is asked about the signature alone.
        VerifyOnly(mail).ShouldBeFalse();
    }

    [Test]
    public void What_relays_do_to_white_space_is_no_change()
    {
        var mail = Encoding.ASCII.GetString(Signed().Span);
        var passedOn = mail.Replace("\r\nSubject: ", "\r\nsubject:   \r\n\t", StringComparison.Ordinal)
            .Replace("Liebe Ann,\r\n", "Liebe   Ann, \t\r\n", StringComparison.Ordinal);
        passedOn.Length.ShouldBeGreaterThan(mail.Length + 6);
        VerifyOnly(passedOn + "\r\n\r\n").ShouldBeTrue();
    }

    [Test]
    public void Any_number_of_threads_sign_with_one_key()
    {
        var mails = new ReadOnlyMemory<byte>[64];
        Parallel.For(
            0,
            mails.Length,
            number =>
                mails[number] = Mails
                    .Compose(Mails.ToAnn with { Subject = $"Number {number}", Dkim = Mails.Key })
                    .Content
        );
        foreach (var mail in mails)
        {
            _verifier.Look(mail, Mails.Record).Signed.ShouldBe(true);
            MimeKitVerifier.Verify(mail, Mails.Record).ShouldBeTrue();
        }
    }

    private static ReadOnlyMemory<byte> Signed() => Mails.Compose(Mails.ToAnn with { Dkim = Mails.Key }).Content;

    private bool VerifyOnly(string mail)
    {
        var bytes = Encoding.ASCII.GetBytes(mail);
        var holds = _verifier.Verify(bytes, Mails.Record);
        MimeKitVerifier.Verify(bytes, Mails.Record).ShouldBe(holds);
        return holds;
    }
}
