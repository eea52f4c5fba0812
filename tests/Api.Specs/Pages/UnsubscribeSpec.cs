using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Npgsql;
using SchemaHub.Application.Compliance;
using SchemaHub.Application.Contacts;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.Pages;

[TestFixture]
public sealed class UnsubscribeSpec
{
    private const string Ann = "ann@reader.example";

    private PageHost _host = null!;

    [OneTimeSetUp]
    public async Task Start() => _host = await PageHost.Start();

    [OneTimeTearDown]
    public async Task Stop() => await _host.DisposeAsync();

    [Test]
    public async Task The_button_withdraws_everything_and_a_second_press_nothing_more()
    {
        var list = await _host.CreateList();
        var token = await list.Subscribe(Ann, ("tracking", list.TrackingWording));
        using var first = await _host.Post($"/unsubscribe/{token}");
        var before = await _host.Snapshot(list.Organization);
        using var second = await _host.Post($"/unsubscribe/{token}");

        (await list.IsSubscribed(Ann)).ShouldBeFalse();
        var row = (await list.History())[^1];
        row.GetProperty("action").GetString().ShouldBe("unsubscribe");
        row.GetProperty("source").GetString().ShouldBe("email_link");
        row.GetProperty("ip_address").GetString().ShouldBe("127.0.0.1");
        row.GetProperty("user_agent").GetString().ShouldBe("Specs/1.0");
        row.GetProperty("metadata").TryGetProperty("purpose", out _).ShouldBeFalse();
        (await second.Content.ReadAsStringAsync()).ShouldBe(await first.Content.ReadAsStringAsync());
        (await _host.Snapshot(list.Organization)).ShouldBe(before);
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task One_click_withdraws_at_once_without_cookie_or_redirect(bool multipart)
    {
        var list = await _host.CreateList();
        var token = await list.Subscribe(Ann);
        using HttpContent body = multipart
            ? new MultipartFormDataContent { { new StringContent("One-Click"), "List-Unsubscribe" } }
            : new StringContent(
                "List-Unsubscribe=One-Click",
                new MediaTypeHeaderValue("application/x-www-form-urlencoded")
            );
        using var answer = await _host.Http.PostAsync($"/unsubscribe/{token}", body);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Headers.Location.ShouldBeNull();
        answer.Headers.Contains("Set-Cookie").ShouldBeFalse();
        (await list.IsSubscribed(Ann)).ShouldBeFalse();
        (await list.History())[^1].GetProperty("metadata").GetProperty("reason").GetString().ShouldBe("one_click");
    }

    [TestCase("application/json", "{")]
    [TestCase("multipart/form-data", "no boundary")]
    [TestCase("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-da")]
    [TestCase("application/x-www-form-urlencoded", "%%%=%00&&&")]
    [TestCase("application/x-www-form-urlencoded", null)]
    public async Task A_withdrawal_does_not_fail_for_a_body_nobody_can_read(string type, string? text)
    {
        var list = await _host.CreateList();
        var token = await list.Subscribe(Ann);
        using var body = new ByteArrayContent(Encoding.UTF8.GetBytes(text ?? new string('a', 100_000)));
        body.Headers.TryAddWithoutValidation("Content-Type", type);
        using var answer = await _host.Http.PostAsync($"/unsubscribe/{token}", body);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await list.IsSubscribed(Ann)).ShouldBeFalse();
    }

    [Test]
    public async Task Only_a_post_changes_anything()
    {
        var list = await _host.CreateList();
        var token = await list.Subscribe(Ann);
        var before = await _host.Snapshot(list.Organization);
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Head, HttpMethod.Options })
        foreach (var page in new[] { "unsubscribe", "preferences" })
            await _host.Http.SendAsync(new HttpRequestMessage(method, $"/{page}/{token}"));

        (await _host.Snapshot(list.Organization)).ShouldBe(before);
    }

    [Test]
    public async Task A_link_that_belongs_to_nobody_is_not_called_a_success()
    {
        var list = await _host.CreateList();
        var erased = await list.Subscribe("eve@reader.example");
        await _host.Send(list.Organization, new EraseContact(await list.Number("eve@reader.example")));
        foreach (var token in new[] { erased, new('0', 64), "x", "%01'--%3Cb%3E", erased + "0" })
        foreach (var page in new[] { "unsubscribe", "preferences" })
        {
            using var shown = await _host.Http.GetAsync($"/{page}/{token}");
            using var posted = await _host.Post($"/{page}/{token}", ("withdraw", "*"));

            foreach (var answer in new[] { shown, posted })
            {
                answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
                var text = await answer.Content.ReadAsStringAsync();
                text.ShouldContain("Nothing was changed");
                text.ShouldNotContain("unsubscribed");
                text.ShouldNotContain("Done.");
            }
        }
    }

    [TestCase("{0})")]
    [TestCase("{0}).")]
    [TestCase("{0}%3E")]
    [TestCase("{0}%253E")]
    [TestCase("%3C{0}%3E,")]
    [TestCase("{0}%22")]
    [TestCase("{0}.")]
    [TestCase("{0}%20")]
    [TestCase("{0}%5D")]
    [TestCase("{0}?purpose=newsletter)")]
    [TestCase("{0}?purpose=NEWSLETTER%3E")]
    [TestCase("{0}%3Fpurpose=newsletter")]
    public async Task A_link_survives_what_programs_make_of_it(string made)
    {
        foreach (var inCapitals in new[] { false, true })
        {
            var list = await _host.CreateList();
            var token = await list.Subscribe(Ann);
            var path = string.Format(null, made, inCapitals ? token.ToUpperInvariant() : token);
            (await _host.Http.GetStringAsync($"/unsubscribe/{path}")).ShouldContain("<button");
            (await _host.Http.GetStringAsync($"/preferences/{path}")).ShouldContain("<button");

            (await _host.Post($"/unsubscribe/{path}")).EnsureSuccessStatusCode();

            (await list.IsSubscribed(Ann)).ShouldBeFalse(path);
        }
    }

    [Test]
    public async Task A_link_under_a_mail_of_a_purpose_withdraws_that_and_says_what_else_there_is()
    {
        var list = await _host.CreateList();
        var token = await list.Subscribe(Ann);
        var events = new ConsentInput("events");
        await _host.Send(list.Organization, new GiveConsent(await list.Number(Ann), events));
        var path = $"/unsubscribe/{token}?purpose=events";
        (await _host.Http.GetStringAsync(path)).ShouldContain("Events");

        using var answer = await _host.Post(path, ("List-Unsubscribe", "One-Click"));

        var text = await answer.Content.ReadAsStringAsync();
        text.ShouldContain("no more mail of this kind: Events.");
        text.ShouldContain("still subscribed to: Newsletter.");
        text.ShouldContain($"../preferences/{token}");
        (await list.IsSubscribed(Ann)).ShouldBeTrue();
        (await list.History())[^1].GetProperty("metadata").GetProperty("purpose").GetString().ShouldBe("events");

        using var last = await _host.Post($"/unsubscribe/{token}?purpose=NEWSLETTER%3E");
        (await last.Content.ReadAsStringAsync()).ShouldContain("no more mail of this kind: Newsletter.");
        (await list.IsSubscribed(Ann)).ShouldBeFalse();
    }

    [TestCase("gambling")]
    [TestCase("%00")]
    [TestCase("")]
    public async Task A_purpose_that_nobody_was_asked_for_withdraws_everything(string purpose)
    {
        var list = await _host.CreateList();
        var token = await list.Subscribe(Ann);
        using var answer = await _host.Post($"/unsubscribe/{token}?purpose={purpose}");

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await list.IsSubscribed(Ann)).ShouldBeFalse();
    }

    [Test]
    [NeedsPrivateServer]
    public async Task A_database_that_does_not_answer_is_not_called_a_success()
    {
        var server = await TestServer.Start();
        await using var host = await PageHost.Start(server: server.ConnectionString);
        var list = await host.CreateList();
        var token = await list.Subscribe(Ann);
        await server.DisposeAsync();
        NpgsqlConnection.ClearAllPools();

        foreach (var path in new[] { $"/unsubscribe/{token}", $"/preferences/{token}" })
        {
            using var answer = await host.Post(path, ("withdraw", "*"));
            answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            answer.Headers.RetryAfter.ShouldNotBeNull();
            (await answer.Content.ReadAsStringAsync()).ShouldContain("is not done yet");
        }
    }
}
