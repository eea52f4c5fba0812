using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Infrastructure.Specs.Security;

/// <summary>Tokens of single mails: ours are read, whatever a mail system did to them, and nobody else's.</summary>
[TestFixture]
public sealed class MailTokensSpec
{
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    private string _directory = "";
    private MailTokens _tokens = null!;

    [OneTimeSetUp]
    public void Start()
    {
        _directory = Directory.CreateTempSubdirectory("schemahub-tokens-").FullName;
        _tokens = new MailTokens(KeyRing.Create(_directory));
    }

    [OneTimeTearDown]
    public void End() => Directory.Delete(_directory, recursive: true);

    [Test]
    public void A_token_is_read_as_the_mail_it_was_made_for(
        [Values] TokenUse use,
        [Values(1, 2_000_000_000, int.MaxValue)] int mail,
        [Values("", "https://list.example/a")] string with
    )
    {
        var token = _tokens.Of(use, mail, with);
        token.Length.ShouldBeLessThanOrEqualTo(40);
        token.ShouldAllBe(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character));
        _tokens.Read(use, token, with).ShouldBe(mail);
        _tokens.Of(use, mail, with).ShouldBe(token);
    }

    [Test]
    public void Changed_case_is_no_change()
    {
        var token = _tokens.Of(TokenUse.ReturnPath, 4711);
        _tokens.Read(TokenUse.ReturnPath, token.ToUpperInvariant()).ShouldBe(4711);
        var mixed = string.Concat(token.Select((one, at) => at % 2 == 0 ? char.ToUpperInvariant(one) : one));
        _tokens.Read(TokenUse.ReturnPath, mixed).ShouldBe(4711);
    }

    [Test]
    public void Every_change_of_a_single_character_is_refused()
    {
        var token = _tokens.Of(TokenUse.Click, 4711, "https://list.example/a");
        for (var at = 0; at < token.Length; at++)
        {
            foreach (var other in Alphabet + "018_-=./@ äſ\u212a\0")
            {
                if (char.ToLowerInvariant(other) == token[at])
                    continue;

                var changed = token[..at] + other + token[(at + 1)..];
                _tokens.Read(TokenUse.Click, changed, "https://list.example/a").ShouldBeNull(changed);
            }

            _tokens.Read(TokenUse.Click, token.Remove(at, 1), "https://list.example/a").ShouldBeNull();
            _tokens.Read(TokenUse.Click, token.Insert(at, "a"), "https://list.example/a").ShouldBeNull();
        }
    }

    [Test]
    public void A_token_of_one_use_or_target_is_of_no_use_for_another()
    {
        foreach (var use in Enum.GetValues<TokenUse>())
        {
            var token = _tokens.Of(use, 4711, "a");
            _tokens.Read(use, token, "b").ShouldBeNull();
            _tokens.Read(use, token).ShouldBeNull();
            foreach (var other in Enum.GetValues<TokenUse>().Where(other => other != use))
                _tokens.Read(other, token, "a").ShouldBeNull();
        }
    }

    [Test]
    public void Another_installations_token_is_not_read()
    {
        var directory = Directory.CreateTempSubdirectory("schemahub-tokens-").FullName;
        var token = new MailTokens(KeyRing.Create(directory)).Of(TokenUse.Open, 4711);
        Directory.Delete(directory, recursive: true);
        _tokens.Read(TokenUse.Open, token).ShouldBeNull();
    }
}
