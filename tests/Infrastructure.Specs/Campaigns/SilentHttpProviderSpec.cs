using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Infrastructure.Specs.Mail;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>An HTTP provider that never takes a mail: it is asked a bounded number of times, under one key.</summary>
[TestFixture]
public sealed class SilentHttpProviderSpec
{
    [TestCase("cut", 3, "failed true")]
    [TestCase("500", 9, "failed false")]
    [TestCase("429", 9, "failed false")]
    public async Task A_mail_that_is_never_taken_fails_after_a_bounded_number_of_requests(
        string manner,
        int requests,
        string ends
    )
    {
        await using var resend = await ResendServer.Start();
        if (manner == "cut")
            resend.Answer = Cut;
        else
            resend.AnswerWith(int.Parse(manner, CultureInfo.InvariantCulture), "{}");

        using var http = new HttpClient();
        var options = new ResendOptions { ApiKey = "re_1", BaseUrl = resend.Address };
        var circuit = new MailCircuit(TimeProvider.System, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(20));
        var provider = new ResendProvider(options, http, 2, TimeProvider.System);
        await using var mailing = await TestMailing.Create(
            sink: new MailSink(keeps: false),
            customize: services =>
                services.AddSingleton<IMailProvider>(new GuardedProvider(provider, circuit, TimeProvider.System))
        );
        await mailing.AddContacts(1);
        var campaign = await mailing.Start();
        await using var node = mailing.Node();
        while ((await mailing.Progress(campaign)).Status != "sent")
        {
            await mailing.Service.Execute("update sending.deferred set due_at = now() where due_at > now()");
            await Task.Delay(20);
        }

        resend.Requests.Count.ShouldBe(requests);
        resend.Requests.Select(request => request.Key).Distinct().Count().ShouldBe(1);
        (
            await mailing.Service.Scalar<string>("select l.status || ' ' || l.in_doubt from backstage.email_logs l")
        ).ShouldBe(ends);
    }

    private static Task Cut(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }
}
