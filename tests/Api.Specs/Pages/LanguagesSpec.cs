using System.Net;
using System.Reflection;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Api.Specs.Pages;

/// <summary>A form, its mail and the pages behind its links speak the form's language.</summary>
[TestFixture]
public sealed class LanguagesSpec
{
    private const string Ann = "ann@reader.example";

    private PageHost _host = null!;

    private static IEnumerable<string> Languages => ListTexts.Languages.Order(StringComparer.Ordinal);

    [OneTimeSetUp]
    public async Task Start() => _host = await PageHost.Start();

    [OneTimeTearDown]
    public async Task Stop() => await _host.DisposeAsync();

    [Test]
    public void There_are_texts_in_eight_languages() =>
        Languages.ShouldBe(["de", "en", "es", "fr", "it", "nl", "pl", "pt"]);

    [TestCaseSource(nameof(Languages))]
    public void A_language_has_every_text_and_its_own(string language)
    {
        var texts = ListTexts.For(language);
        var own = Values(texts);
        own.ShouldAllBe(text => text.Value.Trim().Length > 0 && text.Value == text.Value.Trim());
        texts.Stop.ShouldContain("{0}");
        texts.Start.ShouldContain("{0}");
        // Some words are the same in other languages; sentences are not.
        if (language != "en")
            own.Where(text => text.Value.Contains(' ', StringComparison.Ordinal))
                .ShouldAllBe(text => text.Value != Values(ListTexts.For("en"))[text.Key]);
    }

    [TestCaseSource(nameof(Languages))]
    public async Task Form_mail_and_pages_speak_the_forms_language(string language)
    {
        var texts = ListTexts.For(language);
        var list = await _host.CreateList(title: "A & B", language: $"{language}-CH");
        var form = await Page(HttpMethod.Get, list.Path);
        form.ShouldContain($"<html lang=\"{language}-CH\">");
        form.ShouldContain(texts.SignUpHint);
        (await Page(HttpMethod.Post, list.Path, ("email", "no address"), ("wording", list.Wording))).ShouldContain(
            language == "en" ? "The address has no @" : texts.AddressInvalid
        );

        using var answer = await list.SignUp(Ann);
        (await Text(answer)).ShouldContain(texts.CheckMailbox);
        var mail = _host.TakeMails(Ann).ShouldHaveSingleItem();
        mail.Subject.ShouldBe($"{texts.MailSubject}: A & B");
        mail.Text.ShouldContain(texts.MailIntro);
        mail.Text.ShouldContain(texts.MailOutro);

        (await Page(HttpMethod.Get, mail.Link.AbsolutePath)).ShouldContain(texts.ConfirmIntro);
        var confirmed = await Page(HttpMethod.Post, mail.Link.AbsolutePath);
        confirmed.ShouldContain(texts.Confirmed);
        confirmed.ShouldContain(texts.YourChoices);
        var token = confirmed.Split("/preferences/")[1].Split('"')[0];
        (await Page(HttpMethod.Get, $"/preferences/{token}")).ShouldContain(texts.StopOf("newsletter"));
        (await Page(HttpMethod.Get, $"/unsubscribe/{token}")).ShouldContain(texts.UnsubscribeIntro);
        (await Page(HttpMethod.Post, $"/unsubscribe/{token}")).ShouldContain(texts.UnsubscribedTitle);
        (await Page(HttpMethod.Post, $"/preferences/{token}", ("ask", "newsletter"))).ShouldContain(texts.CheckMailbox);
        _host.TakeMails(Ann).ShouldHaveSingleItem().Text.ShouldContain(texts.MailIntro);
    }

    [TestCase("xx")]
    [TestCase("ja-JP")]
    public void A_language_without_texts_is_answered_in_English(string language) =>
        ListTexts.For(language).Language.ShouldBe("en");

    private static Dictionary<string, string> Values(ListTexts texts) =>
        typeof(ListTexts)
            .GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .ToDictionary(property => property.Name, property => (string)property.GetValue(texts)!);

    private async Task<string> Page(HttpMethod method, string path, params (string, string)[] fields)
    {
        using var answer =
            method == HttpMethod.Get
                ? await _host.Http.GetAsync(new Uri(path, UriKind.Relative))
                : await _host.Post(path, fields);
        return await Text(answer);
    }

    // The renderer encodes what is no ASCII.
    private static async Task<string> Text(HttpResponseMessage answer) =>
        WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync());
}
