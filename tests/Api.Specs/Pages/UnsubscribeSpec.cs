using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Npgsql;
using SchemaHub.Application.Compliance;
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
    public async Task Nobody_learns_from_the_answer_whether_a_token_exists()
    {
        var list = await _host.CreateList();
        var known = await list.Subscribe(Ann);
        var withdrawn = await list.Subscribe("bob@reader.example");
        await _host.Post($"/unsubscribe/{withdrawn}");
        var erased = await list.Subscribe("eve@reader.example");
        await _host.Send(list.Organization, new EraseContact(await list.Number("eve@reader.example")));
        string[] tokens = [known, withdrawn, erased, new('0', 64), "x", "%01'--%3Cb%3E"];

        var gets = new List<string>();
        var posts = new List<string>();
        foreach (var token in tokens)
        {
            gets.Add(await Describe(await _host.Http.GetAsync($"/unsubscribe/{token}"), token));
            posts.Add(await Describe(await _host.Post($"/unsubscribe/{token}"), token));
        }

        gets.Distinct().ShouldHaveSingleItem();
        posts.Distinct().ShouldHaveSingleItem();
    }

    [Test]
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

    /// <summary>Everything a client sees, but for its own token and the date.</summary>
    private static async Task<string> Describe(HttpResponseMessage answer, string token)
    {
        using (answer)
        {
            var headers = answer
                .Headers.Concat(answer.Content.Headers)
                .Where(header => header.Key is not ("Date" or "Content-Length"))
                .Select(header => $"{header.Key}: {string.Join(',', header.Value)}");
            var body = await answer.Content.ReadAsStringAsync();
            var own = Uri.EscapeDataString(Uri.UnescapeDataString(token));
            var same = body.Replace($"/{own}\"", "/TOKEN\"", StringComparison.Ordinal);
            return $"{answer.StatusCode}\n{string.Join('\n', headers)}\n\n{same}";
        }
    }
}
