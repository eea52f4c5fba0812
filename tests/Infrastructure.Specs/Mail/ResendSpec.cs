using System.Text.Json;
using Microsoft.AspNetCore.Http;
using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>Mail through Resend, whatever it answers.</summary>
[TestFixture]
public sealed class ResendSpec
{
    private ResendServer _server = null!;

    [SetUp]
    public async Task Start() => _server = await ResendServer.Start();

    [TearDown]
    public ValueTask End() => _server.DisposeAsync();

    [Test]
    public async Task A_mail_is_handed_over_with_all_it_has()
    {
        (await Send()).ShouldBe(new HandOver.Taken("4ef2"));
        var (authorization, key, body) = _server.Requests.ShouldHaveSingleItem();
        authorization.ShouldBe("Bearer re_secret");
        key.ShouldBe("abc234@list.example");
        var mail = JsonSerializer.Deserialize<JsonElement>(body);
        mail.GetProperty("from").GetString().ShouldBe("\"Zoë's list\" <news@list.example>");
        mail.GetProperty("to")[0].GetString().ShouldBe("\"Ann O'Hara\" <ann@reader.example>");
        mail.GetProperty("subject").GetString().ShouldBe(Mails.ToAnn.Subject);
        mail.GetProperty("text").GetString().ShouldBe(Mails.ToAnn.Text);
        mail.GetProperty("html").GetString().ShouldBe(Mails.ToAnn.Html);
        mail.GetProperty("reply_to").GetString().ShouldBe("answers@list.example");
        mail.GetProperty("headers")
            .GetProperty("List-Unsubscribe-Post")
            .GetString()
            .ShouldBe("List-Unsubscribe=One-Click");
        mail.GetProperty("headers").GetProperty("Message-ID").GetString().ShouldBe("<abc234@list.example>");
        mail.GetProperty("tags")[0].GetProperty("value").GetString().ShouldBe("ref234");
    }

    [Test]
    public async Task Too_many_requests_are_for_later_as_it_says()
    {
        _server.AnswerWith(429, """{"message":"Too many requests"}""", retryAfter: "7");
        (await Send()).ShouldBe(new HandOver.NotNow("429 Too many requests", TimeSpan.FromSeconds(7)));
        _server.AnswerWith(429, "");
        (await Send()).ShouldBe(new HandOver.NotNow("429", TimeSpan.FromSeconds(1)));
    }

    [TestCase(500, "{}")]
    [TestCase(503, "<html>")]
    public async Task An_outage_is_for_later(int status, string body)
    {
        _server.AnswerWith(status, body);
        (await Send()).ShouldBeOfType<HandOver.NotNow>().IsBroken.ShouldBeTrue();
    }

    [TestCase(400)]
    [TestCase(422)]
    public async Task A_mail_that_it_cannot_take_is_refused(int status)
    {
        _server.AnswerWith(status, """{"name":"validation_error","message":"Invalid `to` field."}""");
        (await Send()).ShouldBe(new HandOver.Refused($"{status} Invalid `to` field."));
    }

    [TestCase(401)]
    [TestCase(403)]
    [TestCase(302)]
    public async Task What_is_our_own_fault_does_not_cost_the_mail(int status)
    {
        _server.AnswerWith(status, """{"message":"API key is invalid"}""");
        (await Send()).ShouldBe(new HandOver.NotNow($"{status} API key is invalid", TimeSpan.FromMinutes(5)));
    }

    [Test]
    public async Task A_mail_that_it_took_before_with_other_content_is_taken()
    {
        _server.AnswerWith(409, """{"name":"invalid_idempotent_request","message":"…"}""");
        (await Send()).ShouldBe(new HandOver.Taken(null));
        _server.AnswerWith(409, """{"name":"concurrent_idempotent_requests","message":"…"}""");
        (await Send()).ShouldBeOfType<HandOver.NotNow>();
    }

    [Test]
    public async Task A_cut_or_unreadable_answer_is_for_later_since_it_knows_what_it_took()
    {
        foreach (
            var answer in new Func<HttpContext, Task>[]
            {
                context =>
                {
                    context.Abort();
                    return Task.CompletedTask;
                },
                async context =>
                {
                    context.Response.ContentLength = 100;
                    await context.Response.WriteAsync("""{"id":"4e""");
                    await context.Response.Body.FlushAsync();
                    context.Abort();
                },
                context => context.Response.WriteAsync("""{"id":"""),
                context => context.Response.WriteAsync("""{"id":7}"""),
                context => context.Response.WriteAsync("[]"),
                context => context.Response.WriteAsync(new string(' ', 100_000)),
            }
        )
        {
            _server.Answer = answer;
            (await Send()).ShouldBeOfType<HandOver.NotNow>().IsBroken.ShouldBeTrue();
        }

        _server.Requests.Select(request => request.Key).Distinct().ShouldHaveSingleItem();
    }

    [Test]
    public async Task A_provider_that_does_not_know_repetitions_leaves_a_cut_answer_in_doubt()
    {
        _server.Answer = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        var provider = new Forgetful(_server.Address);
        (await provider.Send(provider.Prepare(Mails.ToAnn), CancellationToken.None)).ShouldBeOfType<HandOver.Unknown>();
        var nobody = new Forgetful(new Uri($"http://127.0.0.1:{SmtpServer.FreePort()}/"));
        (await nobody.Send(nobody.Prepare(Mails.ToAnn), CancellationToken.None)).ShouldBe(
            new HandOver.NotNow("The mail provider cannot be reached.", IsBroken: true)
        );
    }

    [Test]
    public async Task A_server_that_hangs_is_given_up()
    {
        var hangs = new TaskCompletionSource();
        _server.Answer = _ => hangs.Task;
        var provider = new Forgetful(_server.Address, TimeSpan.FromMilliseconds(200));
        (await provider.Send(provider.Prepare(Mails.ToAnn), CancellationToken.None)).ShouldBeOfType<HandOver.Unknown>();
        hangs.SetResult();
    }

    [Test]
    public void What_SMTP_would_refuse_is_refused_here_too() =>
        Should
            .Throw<MailNotSentException>(() =>
                Resend().Prepare(Mails.ToAnn with { Subject = "a\r\nBcc: b@evil.example" })
            )
            .IsForGood.ShouldBeTrue();

    private async Task<HandOver> Send()
    {
        var provider = Resend();
        await using var connection = await provider.Connect(CancellationToken.None);
        return await connection.Send(provider.Prepare(Mails.ToAnn), CancellationToken.None);
    }

    private ResendProvider Resend() =>
        new(
            new ResendOptions { ApiKey = "re_secret", BaseUrl = _server.Address },
            MailServices.NewClient(new MailOptions()),
            connections: 2,
            TimeProvider.System
        );

    /// <summary>The least that another provider is.</summary>
    private sealed class Forgetful(Uri address, TimeSpan? patience = null)
        : HttpMailProvider(MailServices.NewClient(new MailOptions()), connections: 1, TimeProvider.System)
    {
        protected override bool KnowsRepetitions => false;

        protected override TimeSpan Patience => patience ?? base.Patience;

        protected override void Write(OutgoingMail mail, Utf8JsonWriter json)
        {
            json.WriteStartObject();
            json.WriteEndObject();
        }

        protected override HttpRequestMessage Request(HttpMail mail) =>
            new(HttpMethod.Post, new Uri(address, "emails")) { Content = new ByteArrayContent(mail.Body) };

        protected override string? IdOf(JsonElement answer) => answer.ToString();
    }
}
