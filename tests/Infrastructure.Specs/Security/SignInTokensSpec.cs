using Microsoft.Extensions.Time.Testing;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Infrastructure.Specs.Security;

/// <summary>What people and programs show: read where we made it, in time and unchanged, and nowhere else.</summary>
[TestFixture]
public sealed class SignInTokensSpec
{
    private static readonly Guid Session = Guid.CreateVersion7();
    private static readonly Guid Ann = Guid.CreateVersion7();
    private static readonly Guid Bob = Guid.CreateVersion7();

    private string _directory = "";
    private KeyRing _keys = null!;

    [OneTimeSetUp]
    public void Start()
    {
        _directory = Directory.CreateTempSubdirectory("schemahub-tokens-").FullName;
        _keys = KeyRing.Create(_directory);
    }

    [OneTimeTearDown]
    public void End() => Directory.Delete(_directory, recursive: true);

    [Test]
    public void An_access_token_names_its_session_for_a_quarter_of_an_hour()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        var tokens = new AccessTokens(_keys, clock);
        var (token, expiresAt) = tokens.Issue(Session);

        token.ShouldStartWith("at_");
        expiresAt.ShouldBe(clock.GetUtcNow() + TimeSpan.FromMinutes(15), TimeSpan.FromSeconds(1));
        tokens.Read(token).ShouldBe(Session);
        clock.Advance(TimeSpan.FromMinutes(14));
        tokens.Read(token).ShouldBe(Session);
        clock.Advance(TimeSpan.FromMinutes(1));
        tokens.Read(token).ShouldBeNull();
    }

    [Test]
    public void A_token_that_was_altered_anywhere_is_none()
    {
        var access = new AccessTokens(_keys, TimeProvider.System);
        var sessions = new SessionTokens(_keys);
        var links = new AccountTokens(_keys);
        ShouldReadOnlyItself(access.Issue(Session).Token, token => access.Read(token) is not null);
        ShouldReadOnlyItself(sessions.CreateRefresh(Session), token => sessions.SessionOf(token) is not null);
        ShouldReadOnlyItself(
            links.Of(AccountLink.Reset, Ann, Session),
            token => links.Read(AccountLink.Reset, token) is not null
        );
        ShouldReadOnlyItself(links.Of(Session, Ann), token => links.Read(token, Ann) is not null);
    }

    [Test]
    public void Another_installation_made_none_of_ours()
    {
        var elsewhere = Directory.CreateTempSubdirectory("schemahub-tokens-").FullName;
        var theirs = KeyRing.Create(elsewhere);

        new AccessTokens(theirs, TimeProvider.System)
            .Read(new AccessTokens(_keys, TimeProvider.System).Issue(Session).Token)
            .ShouldBeNull();
        new SessionTokens(theirs).SessionOf(new SessionTokens(_keys).CreateRefresh(Session)).ShouldBeNull();
        new AccountTokens(theirs).Read(new AccountTokens(_keys).Of(Session, Ann), Ann).ShouldBeNull();
        new CsrfTokens(theirs).Is(Session, new CsrfTokens(_keys).Of(Session)).ShouldBeFalse();
        Directory.Delete(elsewhere, recursive: true);
    }

    [Test]
    public void A_link_is_for_one_use_and_a_device_for_one_account()
    {
        var tokens = new AccountTokens(_keys);
        var link = tokens.Of(AccountLink.Verification, Ann, Session);

        tokens.Read(AccountLink.Verification, link).ShouldBe((Ann, Session));
        tokens.Read(AccountLink.Device, link).ShouldBeNull();
        tokens.Read(AccountLink.Reset, link).ShouldBeNull();
        tokens.Of(AccountLink.Verification, Ann, Session).ShouldBe(link, "the job that mails it makes it anew");
        tokens.Read(tokens.Of(Session, Ann), Ann).ShouldBe(Session);
        tokens.Read(tokens.Of(Session, Ann), Bob).ShouldBeNull();
        // A browser that several people share.
        var both = $"{tokens.Of(Session, Ann)}.{tokens.Of(Bob, Bob)}";
        tokens.Read(both, Ann).ShouldBe(Session);
        tokens.Read(both, Bob).ShouldBe(Bob);
        tokens.Read($"{string.Join('.', Enumerable.Repeat("x", 10_000))}.{both}", Ann).ShouldBeNull();
    }

    [Test]
    public void Refresh_tokens_name_their_session_and_are_never_the_same()
    {
        var tokens = new SessionTokens(_keys);
        var one = tokens.CreateRefresh(Session);

        tokens.SessionOf(one).ShouldBe(Session);
        tokens.CreateRefresh(Session).ShouldNotBe(one);
        tokens.CreateBrowser().ShouldNotBe(tokens.CreateBrowser());
        SessionTokens.IsBrowser(tokens.CreateBrowser()).ShouldBeTrue();
        SessionTokens.IsBrowser(one).ShouldBeFalse();
    }

    [Test]
    public void A_page_shows_the_token_of_its_own_session()
    {
        var tokens = new CsrfTokens(_keys);

        tokens.Is(Session, tokens.Of(Session)).ShouldBeTrue();
        tokens.Is(Ann, tokens.Of(Session)).ShouldBeFalse();
        tokens.Is(Session, null).ShouldBeFalse();
        tokens.Is(Session, "").ShouldBeFalse();
    }

    private static void ShouldReadOnlyItself(string token, Func<string?, bool> isRead)
    {
        isRead(token).ShouldBeTrue();
        isRead(null).ShouldBeFalse();
        isRead("").ShouldBeFalse();
        isRead(token + "A").ShouldBeFalse();
        isRead(token[..^1]).ShouldBeFalse();
        for (var place = 0; place < token.Length; place++)
        {
            foreach (var other in new[] { 'A', 'z', '0', '-', '=', ' ' }.Where(other => other != token[place]))
                isRead(token[..place] + other + token[(place + 1)..]).ShouldBeFalse($"{token} with {other} at {place}");
        }
    }
}
