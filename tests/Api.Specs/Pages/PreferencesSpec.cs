using System.Net;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Api.Specs.Pages;

[TestFixture]
public sealed class PreferencesSpec
{
    private const string Ann = "ann@reader.example";

    private PageHost _host = null!;

    [OneTimeSetUp]
    public async Task Start() => _host = await PageHost.Start();

    [OneTimeTearDown]
    public async Task Stop() => await _host.DisposeAsync();

    [Test]
    public async Task One_purpose_is_withdrawn_and_the_other_stays()
    {
        var list = await _host.CreateList();
        var token = await list.Subscribe(Ann, ("tracking", list.TrackingWording));
        var page = await _host.Http.GetStringAsync($"/preferences/{token}");
        page.ShouldContain("name=\"withdraw\" value=\"newsletter\"");
        page.ShouldContain("name=\"withdraw\" value=\"tracking\"");

        using var answer = await _host.Post($"/preferences/{token}", ("withdraw", "tracking"));
        page = await answer.Content.ReadAsStringAsync();
        page.ShouldContain("name=\"withdraw\" value=\"newsletter\"");
        page.ShouldContain("name=\"ask\" value=\"tracking\"");
        page.ShouldContain(PageHost.TrackingWording);
        (await list.IsSubscribed(Ann)).ShouldBeTrue();
        var row = (await list.History())[^1];
        row.GetProperty("source").GetString().ShouldBe("form");
        row.GetProperty("metadata").GetProperty("purpose").GetString().ShouldBe("tracking");
    }

    [Test]
    public async Task All_is_withdrawn_at_once()
    {
        var list = await _host.CreateList();
        var token = await list.Subscribe(Ann, ("tracking", list.TrackingWording));
        using var answer = await _host.Post($"/preferences/{token}", ("withdraw", "*"));
        (await answer.Content.ReadAsStringAsync()).ShouldNotContain("name=\"withdraw\" value=\"newsletter\"");
        (await list.IsSubscribed(Ann)).ShouldBeFalse();
    }

    [Test]
    public async Task A_consent_is_given_again_by_the_link_in_a_mail_only()
    {
        var list = await _host.CreateList();
        var token = await list.Subscribe(Ann);
        await _host.Post($"/preferences/{token}", ("withdraw", "*"));
        (await _host.Post($"/preferences/{token}", ("ask", "newsletter"))).EnsureSuccessStatusCode();
        (await list.IsSubscribed(Ann)).ShouldBeFalse();

        var mail = _host.TakeMails(Ann).ShouldHaveSingleItem();
        mail.Text.ShouldContain(PageHost.Wording);
        (await _host.Post(mail.Link.AbsolutePath)).EnsureSuccessStatusCode();
        (await list.IsSubscribed(Ann)).ShouldBeTrue();
        var row = (await list.History())[^1];
        row.GetProperty("action").GetString().ShouldBe("resubscribe");
        row.GetProperty("metadata").GetProperty("wording").GetString().ShouldBe(list.Wording);
    }

    [Test]
    public async Task Who_never_saw_a_wording_is_shown_one_and_agrees_to_that()
    {
        var list = await _host.CreateList();
        await _host.Send(list.Organization, new AddContact(Ann));
        var token = await list.Token(Ann);
        const string words = "I would like to receive the newsletter by email. I can withdraw at any time.";
        (await _host.Http.GetStringAsync($"/preferences/{token}")).ShouldContain(words);
        await _host.Post($"/preferences/{token}", ("ask", "newsletter"));
        var mail = _host.TakeMails(Ann).ShouldHaveSingleItem();
        mail.Text.ShouldContain(words);
        await _host.Post(mail.Link.AbsolutePath);

        var wording = (await list.History())[^1].GetProperty("metadata").GetProperty("wording").GetString()!;
        (await _host.Send(list.Organization, new GetWording(wording))).ShouldNotBeNull().Text.ShouldBe(words);
    }

    [Test]
    public async Task What_the_page_does_not_offer_is_not_asked_for()
    {
        var list = await _host.CreateList();
        var token = await list.Subscribe(Ann);
        var before = await _host.Snapshot(list.Organization);
        (await _host.Post($"/preferences/{token}", ("ask", "gambling"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var malformed = await _host.Post($"/preferences/{token}", ("withdraw", "<script>"));
        malformed.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await malformed.Content.ReadAsStringAsync()).ShouldNotContain("<script");
        (await _host.Snapshot(list.Organization)).ShouldBe(before);
    }
}
