using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Compliance;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.Campaigns;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.Campaigns;

/// <summary>Openings and clicks over HTTP: counted for people who agreed to it, and for nobody else.</summary>
public sealed class TrackingSpec : TenantSpec
{
    private const string Firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    private const string Target = "https://shop.example/a?b=1&c=ü d#e";

    private static IMailTokens Tokens => Shared.Api.App.Services.GetRequiredService<IMailTokens>();

    private static readonly HttpClientHandler s_stays = new() { AllowAutoRedirect = false };

    [OneTimeTearDown]
    public static void Close() => s_stays.Dispose();

    [Test]
    public async Task A_tracked_letter_tells_of_its_opening_and_its_click()
    {
        var (campaign, mail) = await Agreed();
        var html = Shared
            .Api.App.Services.GetRequiredService<ITracking>()
            .Track($"""<a href="{WebUtility.HtmlEncode(Target)}">See it</a>""", mail.Id);
        var root = Shared.Api.App.Services.GetRequiredService<IPublicLinks>().Root;

        var click = html.Split('"')[1][root.Length..];
        using var followed = await Get(click);
        followed.StatusCode.ShouldBe(HttpStatusCode.Found);
        followed.Headers.Location!.AbsoluteUri.ShouldBe(new Uri(Target).AbsoluteUri);
        followed.Headers.GetValues("Referrer-Policy").ShouldBe(["no-referrer"]);
        followed.Headers.CacheControl!.NoStore.ShouldBeTrue();
        using var shown = await Get(html.Split("src=\"")[1].Split('"')[0][root.Length..]);
        shown.StatusCode.ShouldBe(HttpStatusCode.OK);
        shown.Content.Headers.ContentType!.MediaType.ShouldBe("image/gif");
        shown.Headers.CacheControl!.NoStore.ShouldBeTrue();
        (await shown.Content.ReadAsByteArrayAsync()).Length.ShouldBe(43);

        var kept = await Kept(campaign, mail);
        kept.Count.ShouldBe(2);
        kept[0].ShouldStartWith("clicked ");
        var metadata = JsonSerializer.Deserialize<JsonElement>(kept[0]["clicked ".Length..]);
        metadata.GetProperty("link").GetString().ShouldBe(Target);
        metadata.EnumerateObject().Select(property => property.Name).ShouldBe(["link", "agent", "machine"], true);
        kept[1].ShouldBe("""opened {"agent": "desktop", "machine": false}""");
    }

    [Test]
    public async Task Only_who_agrees_now_is_counted()
    {
        var (campaign, mail) = await Agreed();
        var never = await campaign.Send($"{Guid.CreateVersion7():n}@example.com");
        foreach (var of in new[] { mail, never })
            (await Get(Opening(of))).Dispose();

        (await Kept(campaign, mail)).Count.ShouldBe(1);
        (await Kept(campaign, never)).ShouldBeEmpty();

        await campaign.Ask(new WithdrawConsent(mail.Contact, "tracking"));
        (await Get(Opening(mail))).Dispose();
        (await Kept(campaign, mail)).Count.ShouldBe(1);
    }

    [Test]
    public async Task Whoever_withdrew_from_all_was_suppressed_or_erased_is_not_counted()
    {
        foreach (
            var last in new Func<int, Application.ICommand>[]
            {
                contact => new WithdrawConsent(contact, Purpose: null),
                contact => new SuppressContact(contact, "manual"),
                contact => new EraseContact(contact),
            }
        )
        {
            var (campaign, mail) = await Agreed();
            await campaign.Ask(last(mail.Contact));
            (await Get(Opening(mail))).StatusCode.ShouldBe(HttpStatusCode.OK);

            (await Kept(campaign, mail)).ShouldBeEmpty();
        }
    }

    [Test]
    public async Task A_click_that_was_altered_by_one_character_leads_nowhere()
    {
        var (campaign, mail) = await Agreed();
        var right = Click(mail, "https://shop.example/a");
        var token = right.Split('/', '?')[3];
        var wrong = new List<string>
        {
            Click(mail, "https://shop.example/b", token),
            Click(mail, "https://evil.example/", token),
            Click(mail, "https://shop.example/a ", token),
            $"{right}&u=https%3A%2F%2Fevil.example%2F",
            right.Split('?')[0],
            Click(mail, "https://shop.example/a", Tokens.Of(TokenUse.Open, mail.Id)),
            Click(mail, "https://shop.example/a", "x"),
        };
        for (var index = 0; index < token.Length; index++)
        {
            var other = token[index] == 'a' ? 'b' : 'a';
            wrong.Add(Click(mail, "https://shop.example/a", $"{token[..index]}{other}{token[(index + 1)..]}"));
        }

        foreach (var path in wrong)
        {
            using var answer = await Get(path);
            answer.StatusCode.ShouldBe(HttpStatusCode.NotFound, path);
            answer.Headers.Location.ShouldBeNull(path);
            answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
            (await answer.Content.ReadAsStringAsync()).ShouldNotContain("evil");
        }

        (await Kept(campaign, mail)).ShouldBeEmpty();
        using var followed = await Get(right);
        followed.StatusCode.ShouldBe(HttpStatusCode.Found);
    }

    [Test]
    public async Task The_picture_is_the_same_whatever_the_token()
    {
        var (_, mail) = await Agreed();
        var pictures = new List<byte[]>();
        foreach (
            var path in new[] { Opening(mail), "/t/o/x", "/t/o/%C3%BC", $"/t/o/{Tokens.Of(TokenUse.Reference, 1)}" }
        )
        {
            using var answer = await Get(path);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, path);
            pictures.Add(await answer.Content.ReadAsByteArrayAsync());
        }

        pictures.ShouldAllBe(picture => picture.SequenceEqual(pictures[0]));
    }

    [Test]
    public async Task Machines_are_kept_as_machines()
    {
        var (campaign, mail) = await Agreed();
        (await Get(Opening(mail), "Mozilla/5.0")).Dispose();
        (await Get(Click(mail, "https://a.example/"), Firefox, HttpMethod.Head)).StatusCode.ShouldBe(
            HttpStatusCode.Found
        );

        (await Kept(campaign, mail)).ShouldBe([
            """opened {"rule": "apple_mail_privacy_protection", "agent": "apple_proxy", "machine": true}""",
            """clicked {"link": "https://a.example/", "rule": "head_request", "agent": "scanner", "machine": true}""",
        ]);
    }

    [Test]
    public async Task Who_follows_every_link_is_a_machine_in_what_was_written_before_too()
    {
        var (campaign, mail) = await Agreed();
        foreach (var number in new[] { 1, 2 })
            (await Get(Click(mail, $"https://shop.example/{number}"))).Dispose();

        (await Kept(campaign, mail)).ShouldAllBe(row => row.Contains("\"machine\": false"));
        (await Get(Click(mail, "https://shop.example/3"))).Dispose();

        var kept = await Kept(campaign, mail);
        kept.Count.ShouldBe(3);
        kept.ShouldAllBe(row => row.Contains("\"rule\": \"many_links_at_once\"") && row.Contains("\"machine\": true"));
    }

    [Test]
    public async Task A_picture_that_is_loaded_for_ever_does_not_fill_the_table()
    {
        var (campaign, mail) = await Agreed();
        var visits = Shared.Api.App.Services.GetRequiredService<Visits>();
        var now = TimeProvider.System.GetUtcNow();
        foreach (var number in Enumerable.Range(0, 150))
        {
            var link = $"https://shop.example/{number}";
            visits.Note(new Visit(mail.Id, VisitKind.Clicked, link, now, IsHead: false, Firefox, IsPrefetch: false));
        }

        (await Kept(campaign, mail)).Count.ShouldBe(100);
        (await Get(Opening(mail))).Dispose();
        (await Kept(campaign, mail)).Count.ShouldBe(100);
    }

    [Test]
    public async Task What_waits_is_written_when_the_service_stops()
    {
        var (campaign, mail) = await Agreed();
        await using (var other = await TestApi.StartBeside())
        {
            using var http = other.NewClient();
            using var shown = await http.GetAsync(new Uri(Opening(mail), UriKind.Relative));
            shown.StatusCode.ShouldBe(HttpStatusCode.OK);
            await other.App.StopAsync();
        }

        (await campaign.Happened(mail.Id)).Count.ShouldBe(1);
    }

    private async Task<(TestCampaign Campaign, LeftMail Mail)> Agreed()
    {
        var campaign = await TestCampaign.Start(Shared.Api.App.Services, Ours.Organization, isPaused: true);
        return (
            campaign,
            await campaign.Send($"{Guid.CreateVersion7():n}@example.com", "sent", "newsletter", "tracking")
        );
    }

    private static async Task<IReadOnlyList<string>> Kept(TestCampaign campaign, LeftMail mail)
    {
        await Shared.Api.App.Services.GetRequiredService<Visits>().Flush(CancellationToken.None);
        return await campaign.Happened(mail.Id);
    }

    private static string Opening(LeftMail mail) => $"/t/o/{Tokens.Of(TokenUse.Open, mail.Id)}";

    private static string Click(LeftMail mail, string target, string? token = null) =>
        $"/t/c/{token ?? Tokens.Of(TokenUse.Click, mail.Id, target)}?u={Uri.EscapeDataString(target)}";

    private static async Task<HttpResponseMessage> Get(string path, string agent = Firefox, HttpMethod? method = null)
    {
        using var http = new HttpClient(s_stays, disposeHandler: false) { BaseAddress = Shared.Api.Address };
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("User-Agent", agent);
        return await http.SendAsync(request);
    }
}
