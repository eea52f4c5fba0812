using System.Net;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.Pages;

[TestFixture]
public sealed class SignUpSpec
{
    private const string Ann = "ann@reader.example";

    private PageHost _host = null!;

    [OneTimeSetUp]
    public async Task Start() => _host = await PageHost.Start();

    [OneTimeTearDown]
    public async Task Stop() => await _host.DisposeAsync();

    [Test]
    public async Task The_form_shows_every_word_as_text_and_no_box_ticked()
    {
        var list = await _host.CreateList(language: "en-GB");
        using var answer = await _host.Http.GetAsync(list.Path);
        var page = await answer.Content.ReadAsStringAsync();

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        page.ShouldContain("<html lang=\"en-GB\">");
        page.ShouldContain("<h1>The &lt;i&gt;Monthly&lt;/i&gt; Letter</h1>");
        WebUtility.HtmlDecode(page).ShouldContain($">{PageHost.Wording}<");
        page.ShouldContain("&lt;b&gt;bread &amp; butter&lt;/b&gt;");
        page.ShouldContain($"type=\"checkbox\" value=\"{list.TrackingWording}\"");
        page.ShouldNotContain(" checked");
        page.ShouldNotContain("<script");
        Header(answer, "Content-Security-Policy").ShouldStartWith("default-src 'none'; style-src 'sha256-");
        Header(answer, "Cache-Control").ShouldBe("no-store");
        Header(answer, "Referrer-Policy").ShouldBe("no-referrer");
        Header(answer, "X-Robots-Tag").ShouldBe("noindex");
        answer.Headers.Contains("Set-Cookie").ShouldBeFalse();
    }

    [Test]
    public async Task A_sign_up_is_a_contact_without_consent_and_a_mail_with_the_exact_words()
    {
        var list = await _host.CreateList();
        using var answer = await list.SignUp(Ann);
        var page = await answer.Content.ReadAsStringAsync();
        var mail = _host.TakeMails(Ann).ShouldHaveSingleItem();

        page.ShouldContain("Check your mailbox");
        page.ShouldNotContain(mail.Link.AbsolutePath);
        mail.Link.AbsoluteUri.ShouldStartWith("https://lists.example.org/confirm/");
        mail.Subject.ShouldBe("Please confirm: The <i>Monthly</i> Letter");
        mail.Headers["From"].ShouldBe("SchemaHub <schemahub@localhost>");
        mail.Text.ShouldContain(PageHost.Wording);
        mail.Html.ShouldContain("&lt;i&gt;Monthly&lt;/i&gt;");
        mail.Html.ShouldContain("&lt;b&gt;bread &amp; butter&lt;/b&gt;");
        mail.Html.ShouldContain($"href=\"{mail.Link.AbsoluteUri}\"");
        mail.Text.ShouldNotContain(PageHost.TrackingWording);
        (await list.IsSubscribed(Ann)).ShouldBeFalse();
        (await list.History()).ShouldBeEmpty();
    }

    [Test]
    public async Task Nothing_typed_into_the_form_reaches_the_mail_of_whoever_owns_the_address()
    {
        var list = await _host.CreateList();
        await list.SignUp(Ann, ("name", "Cheap watches at https://spam.example"));
        _host.TakeMails(Ann).ShouldHaveSingleItem().Source.ShouldNotContain("spam");
    }

    [Test]
    public async Task The_answer_is_the_same_whatever_is_known_of_the_address()
    {
        var list = await _host.CreateList();
        await list.Subscribe("subscribed@reader.example");
        await _host.Post($"/unsubscribe/{await list.Subscribe("withdrawn@reader.example")}");
        await list.Subscribe("suppressed@reader.example");
        await _host.Send(
            list.Organization,
            new SuppressContact(await list.Number("suppressed@reader.example"), "complaint")
        );
        await list.AskedPath("asked@reader.example");

        var answers = new List<string>();
        foreach (var who in new[] { "new", "asked", "subscribed", "withdrawn", "suppressed" })
        {
            using var answer = await list.SignUp($"{who}@reader.example");
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            answers.Add(await answer.Content.ReadAsStringAsync());
            _host.TakeMails($"{who}@reader.example").Count.ShouldBe(1);
        }

        answers.Distinct().ShouldHaveSingleItem();
    }

    [Test]
    public async Task A_mailbox_gets_three_mails_a_day_however_often_it_is_signed_up()
    {
        var list = await _host.CreateList();
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => list.SignUp(Ann)));
        answers.ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.OK);
        _host.TakeMails(Ann).Count.ShouldBe(3);

        await _host.Send(list.Organization, new Application.Compliance.EraseContact(await list.Number(Ann)));
        await list.SignUp(Ann);
        _host.TakeMails(Ann).ShouldBeEmpty("erasure must not lift the bound");

        _host.Clock.Advance(TimeSpan.FromHours(25));
        await list.SignUp(Ann);
        _host.TakeMails(Ann).Count.ShouldBe(1);
    }

    [Test]
    public async Task What_fills_in_the_hidden_field_is_thanked_and_forgotten()
    {
        var list = await _host.CreateList();
        using var human = await list.SignUp(Ann);
        _host.TakeMails(Ann).Count.ShouldBe(1);
        var before = await _host.Snapshot(list.Organization);
        using var robot = await list.SignUp("robot@reader.example", ("website", "https://spam.example"));

        (await robot.Content.ReadAsStringAsync()).ShouldBe(await human.Content.ReadAsStringAsync());
        _host.TakeMails("robot@reader.example").ShouldBeEmpty();
        (await _host.Snapshot(list.Organization)).ShouldBe(before);
    }

    [Test]
    public async Task A_form_with_older_words_is_shown_anew_and_nothing_is_recorded()
    {
        var list = await _host.CreateList();
        var newer = new PublishWording("en", "Other words.");
        await _host.Send(list.Organization, newer);
        await _host.Send(
            list.Organization,
            new PublishSignUpForm(list.Form, "Letter", "newsletter", newer.Sha256, "en", null, SenderAddress: null)
        );
        var before = await _host.Snapshot(list.Organization);
        using var answer = await list.SignUp(Ann);
        var page = await answer.Content.ReadAsStringAsync();

        answer.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        page.ShouldContain("The text below has changed");
        page.ShouldContain("Other words.");
        page.ShouldContain($"value=\"{Ann}\"");
        (await _host.Snapshot(list.Organization)).ShouldBe(before);
    }

    [Test]
    public async Task Bad_fields_are_named_and_shown_again_as_text()
    {
        var list = await _host.CreateList();
        var before = await _host.Snapshot(list.Organization);
        using var answer = await _host.Post(
            list.Path,
            ("email", "\"><script>alert(1)</script>"),
            ("name", "Ann\u0007<img src=x onerror=alert(1)>"),
            ("wording", list.Wording)
        );
        var page = await answer.Content.ReadAsStringAsync();

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        page.ShouldContain("id=\"email-problem\"");
        page.ShouldContain("id=\"name-problem\"");
        page.ShouldContain("&quot;&gt;&lt;script&gt;");
        page.ShouldNotContain("<script");
        page.ShouldNotContain("<img");
        (await _host.Snapshot(list.Organization)).ShouldBe(before);
    }

    [Test]
    public async Task Ids_that_lead_to_no_form_of_the_organization_lead_nowhere()
    {
        var (list, other) = (await _host.CreateList(), await _host.CreateList());
        var pages = new List<string>();
        foreach (
            var path in new[]
            {
                $"/lists/{other.Organization}/{list.Form}",
                $"/lists/{list.Organization}/{list.Organization}",
                $"/lists/{list.Organization}/{Guid.CreateVersion7()}",
                $"/lists/{Guid.CreateVersion7()}/{list.Form}/snippet",
            }
        )
        {
            using var answer = await _host.Http.GetAsync(path);
            answer.StatusCode.ShouldBe(HttpStatusCode.NotFound, path);
            pages.Add(await answer.Content.ReadAsStringAsync());
        }

        pages.Distinct().ShouldHaveSingleItem();
    }

    [Test]
    public async Task The_snippet_is_a_plain_form_that_posts_to_the_public_address()
    {
        var list = await _host.CreateList();
        using var answer = await _host.Http.GetAsync($"{list.Path}/snippet");
        var snippet = await answer.Content.ReadAsStringAsync();

        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/plain");
        snippet.ShouldContain($"action=\"https://lists.example.org{list.Path}\"");
        snippet.ShouldContain($"name=\"wording\" value=\"{list.Wording}\"");
        snippet.ShouldContain("&lt;b&gt;bread &amp; butter&lt;/b&gt;");
        snippet.ShouldNotContain("<script");
    }

    [Test]
    public async Task A_passer_by_cannot_use_an_idempotency_key()
    {
        var list = await _host.CreateList();
        for (var i = 0; i < 2; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, list.Path)
            {
                Headers = { { "Idempotency-Key", "1" } },
                Content = new FormUrlEncodedContent(
                    new Dictionary<string, string> { ["email"] = Ann, ["wording"] = list.Wording }
                ),
            };
            (await _host.Http.SendAsync(request)).EnsureSuccessStatusCode();
        }

        _host.TakeMails(Ann).Count.ShouldBe(2);
    }

    [Test]
    public async Task Sign_ups_are_limited_and_withdrawals_are_not()
    {
        await using var host = await PageHost.Start(signUps: 1);
        var list = await host.CreateList();
        var token = await list.Subscribe(Ann);
        (await list.SignUp(Ann)).IsSuccessStatusCode.ShouldBeFalse();
        for (var i = 0; i < 3; i++)
            (await host.Post($"/unsubscribe/{token}")).EnsureSuccessStatusCode();
    }

    [Test]
    public async Task A_mail_that_the_server_takes_leads_to_a_confirmed_consent()
    {
        if (SmtpServer.Absence is { } reason)
            Assert.Ignore(reason);

        await using var server = await SmtpServer.Start();
        await using var host = await PageHost.Start(
            new MailOptions
            {
                Host = "127.0.0.1",
                Port = server.Port,
                StartTls = false,
                From = "service@list.example",
            }
        );
        var list = await host.CreateList("Überblick");
        (await list.SignUp("ann@bücher.example")).EnsureSuccessStatusCode();
        var mail = server.TakeMails().ShouldHaveSingleItem();
        mail.Subject.ShouldBe("Please confirm: Überblick");
        mail.To.ShouldBe("ann@xn--bcher-kva.example");

        (await host.Post(mail.Link.AbsolutePath)).EnsureSuccessStatusCode();
        (await list.IsSubscribed("ann@xn--bcher-kva.example")).ShouldBeTrue();
    }

    [Test]
    public async Task A_mail_server_that_is_down_is_not_called_a_success()
    {
        await using var host = await PageHost.Start(
            new MailOptions
            {
                Host = "127.0.0.1",
                Port = SmtpServer.FreePort(),
                StartTls = false,
                From = "service@list.example",
            }
        );
        using var answer = await (await host.CreateList()).SignUp(Ann);
        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("We could not send the mail");
    }

    private static string Header(HttpResponseMessage answer, string name) =>
        answer.Headers.GetValues(name).ShouldHaveSingleItem();
}
