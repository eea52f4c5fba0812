using System.Net;
using System.Text.Json;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Api.Specs.Pages;

[TestFixture]
public sealed class ConfirmationSpec
{
    private const string Ann = "ann@reader.example";

    private PageHost _host = null!;

    [OneTimeSetUp]
    public async Task Start() => _host = await PageHost.Start();

    [OneTimeTearDown]
    public async Task Stop() => await _host.DisposeAsync();

    [Test]
    public async Task The_button_records_both_steps_with_their_evidence()
    {
        var list = await _host.CreateList(language: "en-GB");
        var path = await list.AskedPath(Ann, ("tracking", list.TrackingWording));
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        request.Headers.UserAgent.ParseAdd("Mailbox/2.0");
        using var answer = await _host.Http.SendAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);

        (await list.IsSubscribed(Ann)).ShouldBeTrue();
        var history = await list.History();
        history.Count.ShouldBe(2);
        ShouldBeBothSteps(history[0], "newsletter", list.Wording);
        ShouldBeBothSteps(history[1], "tracking", list.TrackingWording);
        (await answer.Content.ReadAsStringAsync()).ShouldContain($"../preferences/{await list.Token(Ann)}");
    }

    [Test]
    public async Task Only_the_button_changes_anything()
    {
        var list = await _host.CreateList();
        var path = await list.AskedPath(Ann);
        var before = await _host.Snapshot(list.Organization);
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Head, HttpMethod.Options, HttpMethod.Get })
        {
            using var answer = await _host.Http.SendAsync(new HttpRequestMessage(method, path));
            if (method == HttpMethod.Get)
                (await answer.Content.ReadAsStringAsync()).ShouldContain("about &lt;b&gt;bread &amp; butter&lt;/b&gt;");
            if (method != HttpMethod.Options)
                answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        (await _host.Snapshot(list.Organization)).ShouldBe(before);
    }

    [Test]
    public async Task A_second_press_says_the_same_and_records_nothing()
    {
        var list = await _host.CreateList();
        var path = await list.AskedPath(Ann);
        using var first = await _host.Post(path);
        var before = await _host.Snapshot(list.Organization);
        using var second = await _host.Post(path);

        second.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await second.Content.ReadAsStringAsync()).ShouldBe(await first.Content.ReadAsStringAsync());
        (await _host.Snapshot(list.Organization)).ShouldBe(before);
    }

    [Test]
    public async Task A_link_expires_after_seven_days()
    {
        var list = await _host.CreateList();
        var path = await list.AskedPath(Ann);
        _host.Clock.Advance(TimeSpan.FromDays(7) - TimeSpan.FromMinutes(1));
        (await _host.Http.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.OK);
        _host.Clock.Advance(TimeSpan.FromMinutes(1));
        await ShouldBeUnknown(list, path);
    }

    [TestCase(0)]
    [TestCase(31)]
    [TestCase(32)]
    [TestCase(63)]
    [TestCase(64)]
    [TestCase(127)]
    public async Task A_link_with_one_other_character_is_unknown(int position)
    {
        var list = await _host.CreateList();
        var path = await list.AskedPath(Ann);
        var token = path["/confirm/".Length..].ToCharArray();
        token[position] = token[position] == '0' ? '1' : '0';
        await ShouldBeUnknown(list, $"/confirm/{new string(token)}");
        await ShouldBeUnknown(list, path + "0");
    }

    [TestCase("{0})")]
    [TestCase("%3C{0}%3E.")]
    public async Task A_link_survives_what_programs_make_of_it(string made)
    {
        var list = await _host.CreateList();
        var token = (await list.AskedPath(Ann))["/confirm/".Length..];

        (await _host.Post($"/confirm/{string.Format(null, made, token.ToUpperInvariant())}")).EnsureSuccessStatusCode();

        (await list.IsSubscribed(Ann)).ShouldBeTrue();
    }

    [Test]
    public async Task A_link_that_was_used_shows_what_became_of_it()
    {
        var list = await _host.CreateList();
        var path = await list.AskedPath(Ann);
        (await _host.Post(path)).EnsureSuccessStatusCode();

        var shown = await _host.Http.GetStringAsync(path);

        shown.ShouldContain("Your consent is confirmed");
        shown.ShouldNotContain("<button");
    }

    [Test]
    public async Task A_link_that_names_another_kind_of_thing_is_unknown()
    {
        var list = await _host.CreateList();
        await ShouldBeUnknown(list, $"/confirm/{list.Organization:N}{list.Form:N}{new string('0', 64)}");
        await ShouldBeUnknown(list, $"/confirm/{list.Organization:N}{list.Organization:N}{new string('0', 64)}");
    }

    [Test]
    public async Task A_newer_mail_replaces_the_link_of_the_older()
    {
        var list = await _host.CreateList();
        var older = await list.AskedPath(Ann);
        var newer = await list.AskedPath(Ann);
        await ShouldBeUnknown(list, older);
        (await _host.Post(newer)).EnsureSuccessStatusCode();
    }

    [Test]
    public async Task A_link_from_before_a_withdrawal_does_not_undo_it()
    {
        var list = await _host.CreateList();
        var used = await list.AskedPath(Ann);
        (await _host.Post(used)).EnsureSuccessStatusCode();
        var unused = await list.AskedPath(Ann);
        await _host.Post($"/unsubscribe/{await list.Token(Ann)}");
        await ShouldBeUnknown(list, used);
        await ShouldBeUnknown(list, unused);

        var askedAfterTheNo = await list.AskedPath(Ann);
        await _host.Post($"/unsubscribe/{await list.Token(Ann)}");
        await ShouldBeUnknown(list, askedAfterTheNo);
    }

    [Test]
    public async Task A_withdrawn_consent_comes_back_by_a_confirmed_opt_in_alone()
    {
        var list = await _host.CreateList();
        await _host.Post($"/unsubscribe/{await list.Subscribe(Ann)}");
        var path = await list.AskedPath(Ann);
        (await list.IsSubscribed(Ann)).ShouldBeFalse();
        (await _host.Post(path)).EnsureSuccessStatusCode();

        (await list.IsSubscribed(Ann)).ShouldBeTrue();
        (await list.History())
            .Select(row => row.GetProperty("action").GetString())
            .ShouldBe(["subscribe", "unsubscribe", "resubscribe"]);
    }

    [Test]
    public async Task A_confirmed_opt_in_lifts_a_suppression_and_a_link_from_before_it_does_not()
    {
        var list = await _host.CreateList();
        var before = await list.AskedPath(Ann);
        await _host.Send(list.Organization, new SuppressContact(await list.Number(Ann), "complaint"));
        await ShouldBeUnknown(list, before);
        (await _host.Post(await list.AskedPath(Ann))).EnsureSuccessStatusCode();
        (await list.IsSubscribed(Ann)).ShouldBeTrue();
    }

    private static void ShouldBeBothSteps(JsonElement row, string purpose, string wording)
    {
        row.GetProperty("action").GetString().ShouldBe("subscribe");
        row.GetProperty("source").GetString().ShouldBe("form");
        row.GetProperty("ip_address").GetString().ShouldBe("127.0.0.1");
        row.GetProperty("user_agent").GetString().ShouldBe("Mailbox/2.0");
        var metadata = row.GetProperty("metadata");
        metadata.GetProperty("purpose").GetString().ShouldBe(purpose);
        metadata.GetProperty("method").GetString().ShouldBe("double_opt_in");
        metadata.GetProperty("wording").GetString().ShouldBe(wording);
        metadata.GetProperty("language").GetString().ShouldBe("en-GB");
        metadata.GetProperty("request").GetProperty("ip").GetString().ShouldBe("127.0.0.1");
        metadata.GetProperty("request").GetProperty("userAgent").GetString().ShouldBe("Specs/1.0");
    }

    private async Task ShouldBeUnknown(TestList list, string path)
    {
        var before = await _host.Snapshot(list.Organization);
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post })
        {
            using var answer = await _host.Http.SendAsync(new HttpRequestMessage(method, path));
            answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
            (await answer.Content.ReadAsStringAsync()).ShouldContain("This link is not valid any more");
        }

        (await _host.Snapshot(list.Organization)).ShouldBe(before);
    }
}
