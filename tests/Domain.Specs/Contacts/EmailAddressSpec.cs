using System.Text;
using FsCheck;
using FsCheck.Fluent;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Domain.Specs.Contacts;

public sealed class EmailAddressSpec
{
    private const string Label63 = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk";

    private static readonly string Local64 = new('a', 64);

    // 64 + @ + 63.63.59 + .e = 254
    private static readonly string Exactly254 = $"{Local64}@{Label63}.{Label63}.{Label63[..59]}.e";

    private static readonly string[] Accepted =
    [
        "ann@example.org",
        "o'brien@example.org",
        "ann+news@example.org",
        "ann+a+b@example.org",
        "pipe|bar@example.org",
        "a@x.org",
        "1@example.org",
        "_@example.org",
        "-@example.org",
        "!#$%&'*+-/=?^_`{|}~@example.org",
        "first.middle.last@mail.example.co.uk",
        "x@1.example.org",
        "x@1and1.example",
        "x@a-b.example",
        "x@a--b.example",
        "a@x.xn--p1ai",
        "x@example.museum",
        "müller@example.org",
        "用户@example.org",
        "पता@example.org",
        "=1+1@example.org",
        Local64 + "@example.org",
        $"x@{Label63}.org",
        Exactly254,
    ];

    private static readonly string[] Refused =
    [
        "",
        "   ",
        "\t\r\n",
        "ann",
        "ann.example.org",
        "@example.org",
        "ann@",
        "@",
        "a@b",
        "a@localhost",
        "a@@x.org",
        "a@b@x.org",
        "a..b@x.org",
        ".a@x.org",
        "a.@x.org",
        "a@.x.org",
        "a@x..org",
        "a@x.org.",
        "a@-x.org",
        "a@x-.org",
        "a@x.org-",
        "a@x_y.org",
        "a@x,org",
        "a@x org",
        "a b@x.org",
        "a,b@x.org",
        "a;b@x.org",
        "a:b@x.org",
        "a\\b@x.org",
        "a[b]@x.org",
        "a@[192.0.2.1]",
        "a@[IPv6:2001:db8::1]",
        "a@192.0.2.1",
        "a@x.123",
        "\"ann lee\"@x.org",
        "\"ann\"@x.org",
        "ann(comment)@x.org",
        "<ann@x.org>",
        "Ann <ann@x.org>",
        "mailto:ann@x.org",
        "a@x.org,b@x.org",
        "a@x.org b@x.org",
        "a\0@x.org",
        "a@x\0.org",
        "a@x.org\nbcc: b@x.org",
        "a\r\nb@x.org",
        "a\tb@x.org",
        "a\u0085b@x.org",
        "a\u007f@x.org",
        "a\u00a0b@x.org",
        "a\u200bb@x.org",
        "a\u202eb@x.org",
        "\ufeffa@x.org",
        "a\u2028b@x.org",
        "a\ud800b@x.org",
        "a@\ud800.org",
        "a@xn--\u00fc.org",
        "a@xn--999999999.org",
        "a@bü cher.example",
        "a@１９２.０.２.１",
        "a@ü",
        Local64 + "a@example.org",
        new string('ü', 33) + "@example.org",
        $"x@{Label63}l.org",
        Exactly254 + "e",
        new string('a', 1_000_000),
    ];

    [TestCaseSource(nameof(Accepted))]
    public void An_address_that_mail_systems_accept_is_taken_as_it_is(string text)
    {
        EmailAddress.TryParse(text, out var address, out var problem).ShouldBeTrue(problem);
        address.Value.ShouldBe(text);
        problem.ShouldBeNull();
    }

    [TestCaseSource(nameof(Refused))]
    public void What_is_not_an_address_is_refused_with_one_plain_sentence(string text)
    {
        EmailAddress.TryParse(text, out var address, out var problem).ShouldBeFalse();
        address.ShouldBeNull();
        problem.ShouldNotBeNull().ShouldMatch(@"^[A-Z][\x20-\x7e]{10,100}\.$");
        Should.Throw<FormatException>(() => EmailAddress.Parse(text)).Message.ShouldBe(problem);
    }

    [Test]
    public void Nothing_is_refused_as_empty() =>
        Should.Throw<FormatException>(() => EmailAddress.Parse(null)).Message.ShouldBe("The address is empty.");

    [TestCase("a@x..org", "The domain has a dot at its start, at its end, or two in a row.")]
    [TestCase("a@x.org.", "The domain has a dot at its start, at its end, or two in a row.")]
    [TestCase("a@b", "The domain has no dot.")]
    [TestCase("a@192.0.2.1", "The domain ends in a number.")]
    [TestCase("a@-x.org", "A label of the domain starts or ends with a hyphen.")]
    [TestCase("a@x\n.org", "The address has a control character or a line break in it.")]
    [TestCase("Ann <a@x.org>", "Only the bare address is taken, without a name or angle brackets.")]
    [TestCase("a b@x.org", "The part before the @ has a character in it that an address cannot have.")]
    [TestCase("a@xn--999999999.org", "The domain is not an international domain name.")]
    [TestCase("a@aé--b.org", "The domain is not an international domain name.")]
    public void The_refusal_names_the_rule(string text, string reason)
    {
        EmailAddress.TryParse(text, out _, out var problem).ShouldBeFalse();
        problem.ShouldBe(reason);
    }

    [TestCase(" ann@example.org\r\n", "ann@example.org")]
    [TestCase("\u00a0ann@example.org\t", "ann@example.org")]
    [TestCase("Ann.Lee@Example.ORG", "Ann.Lee@example.org")]
    [TestCase("müller@bücher.example", "müller@xn--bcher-kva.example")]
    [TestCase("a@BÜCHER.example", "a@xn--bcher-kva.example")]
    [TestCase("a@bu\u0308cher.example", "a@xn--bcher-kva.example")]
    [TestCase("почта@пример.рф", "почта@xn--e1afmkfd.xn--p1ai")]
    [TestCase("a@例え。テスト", "a@xn--r8jz45g.xn--zckzah")]
    [TestCase("a@XN--P1AI.XN--P1AI", "a@xn--p1ai.xn--p1ai")]
    public void It_is_kept_without_white_space_and_with_its_domain_in_ASCII(string text, string value) =>
        EmailAddress.Parse(text).Value.ShouldBe(value);

    [TestCase("Ann@Example.org", "aNN@eXAMPLE.ORG")]
    [TestCase("a@BÜCHER.example", "A@xn--bcher-kva.EXAMPLE")]
    [TestCase("Müller@x.org", "mu\u0308ller@X.org")]
    public void Addresses_are_equal_without_case(string one, string other)
    {
        EmailAddress.Parse(one).ShouldBe(EmailAddress.Parse(other));
        EmailAddress.Parse(one).GetHashCode().ShouldBe(EmailAddress.Parse(other).GetHashCode());
        EmailAddress.Parse(one).Canonical.ShouldBe(EmailAddress.Parse(other).Canonical);
    }

    [Test]
    public void No_other_character_becomes_an_ASCII_one()
    {
        var accepted = 0;
        for (var value = 0x80; value <= 0x10ffff; value++)
        {
            if (!Rune.TryCreate(value, out var rune))
                continue;

            foreach (var text in new[] { $"a{rune}n@example.org", $"an@ex{rune}mple.org", $"an@example.{rune}org" })
            {
                if (!EmailAddress.TryParse(text, out var address, out _))
                    continue;

                accepted++;
                EmailAddress.Parse(address.Value).ShouldBe(address, $"U+{value:X4}");
                var local = address.Canonical[..address.Canonical.IndexOf('@', StringComparison.Ordinal)];
                var domain = address.Canonical[(local.Length + 1)..];
                if (domain == "example.org")
                    Forms(local).ShouldAllBe(form => !Ascii.IsValid(form), $"U+{value:X4} in the local part");
                else
                    domain.ShouldContain("xn--", Case.Sensitive, $"U+{value:X4} in the domain");
            }
        }

        accepted.ShouldBeGreaterThan(100_000);
    }

    [TestCase("\u212a", "Kelvin sign")]
    [TestCase("\u0130", "I with a dot")]
    [TestCase("\u0131", "dotless i")]
    [TestCase("\u017f", "long s")]
    [TestCase("\uff41", "full-width a")]
    [TestCase("\ufb01", "ligature fi")]
    [TestCase("\u1fef", "Greek varia, a grave accent in normal form C")]
    [TestCase("\u2460", "circled 1")]
    [TestCase("\ud835\udc1a", "bold a of mathematics")]
    public void A_character_that_another_form_turns_into_ASCII_is_refused(string character, string what)
    {
        EmailAddress.TryParse($"an{character}n@example.org", out _, out var local).ShouldBeFalse(what);
        local.ShouldBe("The part before the @ has a character in it that can be taken for an ASCII letter or sign.");
        EmailAddress.TryParse($"ann@ex{character}mple.org", out _, out _).ShouldBeFalse(what);
    }

    [TestCase("a@x\u200b.org")]
    [TestCase("a@x\u00ad.org")]
    [TestCase("a@x\uff0eorg")]
    public void A_domain_whose_other_characters_IDNA_drops_or_turns_into_ASCII_is_refused(string text)
    {
        EmailAddress.TryParse(text, out _, out var problem).ShouldBeFalse();
        problem.ShouldNotBeNull();
    }

    [Test]
    public void Only_ASCII_letters_are_equal_without_case() =>
        EmailAddress.Parse("MÜller@x.org").ShouldNotBe(EmailAddress.Parse("müller@x.org"));

    private static string[] Forms(string text) =>
        [
            text,
            text.ToLowerInvariant(),
            text.ToUpperInvariant(),
            .. Enum.GetValues<NormalizationForm>().Select(form => text.Normalize(form)),
            .. Enum.GetValues<NormalizationForm>().Select(form => text.Normalize(form).ToLowerInvariant()),
        ];

    [Test]
    public void Tags_and_dots_tell_addresses_apart()
    {
        EmailAddress.Parse("ann@x.org").ShouldNotBe(EmailAddress.Parse("ann+news@x.org"));
        EmailAddress.Parse("ann.lee@x.org").ShouldNotBe(EmailAddress.Parse("annlee@x.org"));
    }

    [FsCheck.NUnit.Property(MaxTest = 2_000)]
    public Property What_is_accepted_fits_the_limits_and_reads_back_as_itself() =>
        Prop.ForAll(
            Gen.Elements(
                    "a",
                    "B",
                    "7",
                    ".",
                    "@",
                    "-",
                    "+",
                    "ü",
                    "Ⱥ",
                    "xn--",
                    " ",
                    "\n",
                    "\0",
                    "é",
                    "\ud83d",
                    "😀",
                    "org",
                    "ß"
                )
                .ListOf()
                .Select(string.Concat)
                .ToArbitrary(),
            text =>
            {
                if (!EmailAddress.TryParse(text + "@x." + text, out var address, out _))
                    return;

                Encoding.UTF8.GetByteCount(address.Value).ShouldBeLessThanOrEqualTo(254);
                address.Value.Any(char.IsControl).ShouldBeFalse();
                address.Value.Count(c => c == '@').ShouldBe(1);
                Ascii.IsValid(address.Value.AsSpan(address.Value.IndexOf('@'))).ShouldBeTrue();
                EmailAddress.Parse(address.Value).Value.ShouldBe(address.Value);
            }
        );

    [FsCheck.NUnit.Property(MaxTest = 2_000)]
    public Property Anything_at_all_is_either_taken_or_given_a_reason() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<string?>(),
            text =>
                EmailAddress.TryParse(text, out var address, out var problem)
                    ? address is not null && problem is null
                    : address is null && problem is not null
        );
}
