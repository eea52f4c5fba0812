using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>A token is fetched once for all connections, and kept until shortly before its end.</summary>
[TestFixture]
public sealed class AccessTokensSpec : TokenTalk
{
    [Test]
    public async Task A_token_is_kept_until_shortly_before_its_end()
    {
        var tokens = Tokens();
        var first = await Get(tokens);
        first.ShouldBe(Server.Given.ShouldHaveSingleItem());

        // 3,599 seconds, less five minutes.
        Clock.Advance(TimeSpan.FromSeconds(3298));
        (await Get(tokens)).ShouldBe(first);
        Clock.Advance(TimeSpan.FromSeconds(1));
        (await Get(tokens)).ShouldNotBe(first);
        Server.Requests.ShouldBe(2);
    }

    [Test]
    public async Task A_short_life_is_used_for_four_fifths()
    {
        Server.Seconds = 100;
        var tokens = Tokens();
        await Get(tokens);
        Clock.Advance(TimeSpan.FromSeconds(79));
        await Get(tokens);
        Server.Requests.ShouldBe(1);
        Clock.Advance(TimeSpan.FromSeconds(1));
        await Get(tokens);
        Server.Requests.ShouldBe(2);
    }

    [TestCase("", 300)]
    [TestCase(",\"expires_in\":\"1000\"", 1000)]
    [TestCase(",\"expires_in\":1000.5", 1000)]
    [TestCase(",\"expires_in\":0", 300)]
    [TestCase(",\"expires_in\":-1", 300)]
    [TestCase(",\"expires_in\":\"soon\"", 300)]
    [TestCase(",\"expires_in\":[1]", 300)]
    [TestCase(",\"expires_in\":1e300", 24 * 3600)]
    [TestCase(",\"expires_in\":99999999999999999999", 24 * 3600)]
    public async Task A_life_that_is_not_said_is_five_minutes_and_none_is_longer_than_a_day(string life, int seconds)
    {
        Server.FailWith(200, $$"""{"access_token":"abc","token_type":"bearer"{{life}}}""");
        var tokens = Tokens();
        await Get(tokens);
        Clock.Advance(TimeSpan.FromSeconds(seconds * 4 / 5) - TimeSpan.FromSeconds(1));
        await Get(tokens);
        Server.Requests.ShouldBe(1);
        Clock.Advance(TimeSpan.FromSeconds(seconds / 5) + TimeSpan.FromSeconds(2));
        await Get(tokens);
        Server.Requests.ShouldBe(2);
    }

    [Test]
    public async Task Many_connections_fetch_one_token()
    {
        var opens = new TaskCompletionSource();
        Server.Delay = () => opens.Task;
        var tokens = Tokens();
        var waiting = Enumerable.Range(0, 100).Select(_ => Get(tokens)).ToArray();
        await Eventually.True(() => Server.Requests > 0);
        opens.SetResult();
        (await Task.WhenAll(waiting)).Distinct().ShouldHaveSingleItem();
        Server.Requests.ShouldBe(1);
    }

    [Test]
    public async Task A_connection_that_leaves_does_not_end_the_fetch_of_the_others()
    {
        var opens = new TaskCompletionSource();
        Server.Delay = () => opens.Task;
        var tokens = Tokens();
        using var leaving = new CancellationTokenSource();
        var first = tokens.Get(leaving.Token);
        var second = Get(tokens);
        await Eventually.True(() => Server.Requests > 0);
        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => first);
        opens.SetResult();
        (await second).ShouldBe(Server.Given.ShouldHaveSingleItem());
    }

    [Test]
    public async Task An_outage_shortly_before_a_token_ends_is_not_noticed()
    {
        var tokens = Tokens();
        var first = await Get(tokens);
        Server.FailWith(500, "");
        Clock.Advance(TimeSpan.FromSeconds(3590));
        (await Get(tokens)).ShouldBe(first);
        (await Get(tokens)).ShouldBe(first);
        Server.Requests.ShouldBe(4);
        Clock.Advance(TimeSpan.FromSeconds(9));
        (await Fails(tokens)).IsForGood.ShouldBeFalse();
    }

    [Test]
    public async Task A_refresh_token_that_the_provider_replaces_is_followed_and_a_new_consent_wins()
    {
        Server.RotatesRefreshTokens = true;
        var tokens = Tokens(Server.Options() with { RefreshToken = TokenServer.FirstRefreshToken });
        for (var hour = 1; hour <= 3; hour++)
        {
            await Get(tokens);
            Server.Requests.ShouldBe(hour);
            Clock.Advance(TimeSpan.FromHours(1));
        }

        // The newest one is revoked, and the first one is valid.
        Server.Expect(TokenServer.FirstRefreshToken);
        await Get(tokens);
        Server.Requests.ShouldBe(5);
    }
}
