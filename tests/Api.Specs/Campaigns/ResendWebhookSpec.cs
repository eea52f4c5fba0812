using System.Net;
using SchemaHub.Api.Campaigns;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.Campaigns;

/// <summary>What Resend tells of mails that left: believed when it is signed, once, in any order.</summary>
public sealed class ResendWebhookSpec : ResendFixture
{
    [Test]
    public async Task A_delivery_moves_the_mail_on()
    {
        var (campaign, mail) = await Sent();

        (await Tell(Event("email.delivered", mail.Id))).Status.ShouldBe(HttpStatusCode.OK);

        (await campaign.Ledger(mail.Id)).ShouldBe("delivered");
        (await campaign.Happened(mail.Id)).ShouldBeEmpty();
    }

    [Test]
    public async Task A_permanent_bounce_suppresses_and_keeps_no_address()
    {
        var (campaign, mail) = await Sent();

        await Tell(Event("email.bounced", mail.Id, Bounce("Permanent", "550 5.1.1 <ann@example.com>: no such user")));

        (await campaign.Ledger(mail.Id)).ShouldBe("bounced 550 5.1.1 <(address)>: no such user");
        (await campaign.Happened(mail.Id))
            .ShouldHaveSingleItem()
            .ShouldBe(
                """bounced {"rule": "no_such_mailbox_in_words", "type": "hard", """
                    + "\"diagnostic\": \"550 5.1.1 <(address)>: no such user\"}"
            );
        (await campaign.Suppressions(mail.Contact)).ShouldBe("hard_bounce");
    }

    [TestCase("Transient")]
    [TestCase("Undetermined")]
    public async Task A_bounce_that_may_pass_suppresses_nobody(string type)
    {
        var (campaign, mail) = await Sent();

        await Tell(Event("email.bounced", mail.Id, Bounce(type, "452 4.2.2 over quota")));

        (await campaign.Ledger(mail.Id)).ShouldStartWith("bounced");
        (await campaign.Happened(mail.Id)).ShouldHaveSingleItem().ShouldContain("\"type\": \"soft\"");
        (await campaign.Suppressions(mail.Contact)).ShouldBe("");
    }

    [Test]
    public async Task A_complaint_suppresses_and_leaves_the_status()
    {
        var (campaign, mail) = await Sent();

        await Tell(Event("email.complained", mail.Id));

        (await campaign.Ledger(mail.Id)).ShouldBe("sent");
        (await campaign.Happened(mail.Id)).ShouldHaveSingleItem().ShouldStartWith("complained");
        (await campaign.Suppressions(mail.Contact)).ShouldBe("complaint");
    }

    [Test]
    public async Task What_is_told_again_is_answered_and_changes_nothing()
    {
        var (campaign, mail) = await Sent();
        var complaint = Event("email.complained", mail.Id);
        var twice = await Task.WhenAll(Tell(complaint, "msg_1"), Tell(complaint, "msg_1"));
        var third = await Tell(complaint, "msg_1");

        twice.Append(third).ShouldAllBe(answer => answer.Status == HttpStatusCode.OK);
        (await campaign.Happened(mail.Id)).Count.ShouldBe(1);
        (await campaign.Suppressions(mail.Contact)).ShouldBe("complaint");
    }

    [Test]
    public async Task Any_order_leads_to_the_same([Values(0, 1, 2, 3, 4, 5)] int order)
    {
        var (campaign, mail) = await Sent();
        var told = new[]
        {
            (Event("email.delivered", mail.Id), "msg_d"),
            (Event("email.bounced", mail.Id, Bounce("Transient", "later")), "msg_s"),
            (Event("email.bounced", mail.Id, Bounce("Permanent", "gone")), "msg_h"),
        };
        int[][] orders =
        [
            [0, 1, 2],
            [0, 2, 1],
            [1, 0, 2],
            [1, 2, 0],
            [2, 0, 1],
            [2, 1, 0],
        ];
        foreach (var index in orders[order])
            await Tell(told[index].Item1, told[index].Item2);

        (await campaign.Ledger(mail.Id)).ShouldBe("bounced gone");
        (await campaign.Happened(mail.Id)).Count.ShouldBe(2);
        (await campaign.Suppressions(mail.Contact)).ShouldBe("hard_bounce");
    }

    [Test]
    public async Task What_is_told_before_the_ledger_knows_that_the_mail_left_is_wanted_again()
    {
        var (campaign, mail) = await Sent("queued");
        var bounce = Event("email.bounced", mail.Id, Bounce("Permanent", "gone"));

        var early = await Tell(bounce, "msg_1");
        early.ShouldBeProblem(503, "service.unavailable").Headers.ShouldContain("Retry-After");
        (await campaign.Ledger(mail.Id)).ShouldBe("queued");
        // Nobody waits with that.
        (await campaign.Suppressions(mail.Contact)).ShouldBe("hard_bounce");

        await campaign.Leave(mail.Id);
        (await Tell(bounce, "msg_1")).Status.ShouldBe(HttpStatusCode.OK);
        (await campaign.Ledger(mail.Id)).ShouldBe("bounced gone");
        (await campaign.Suppressions(mail.Contact)).ShouldBe("hard_bounce");
    }

    [TestCase("email.opened")]
    [TestCase("email.clicked")]
    [TestCase("email.delivery_delayed")]
    [TestCase("email.sent")]
    [TestCase("domain.created")]
    [TestCase("something.new")]
    public async Task What_is_not_about_a_mails_fate_is_answered_and_not_kept(string type)
    {
        var (campaign, mail) = await Sent();

        (await Tell(Event(type, mail.Id))).Status.ShouldBe(HttpStatusCode.OK);

        (await campaign.Ledger(mail.Id)).ShouldBe("sent");
        (await campaign.Happened(mail.Id)).ShouldBeEmpty();
    }

    [Test]
    public async Task A_mail_is_named_by_its_own_token_in_either_form_of_tags()
    {
        var (campaign, mail) = await Sent();
        var token = Token(mail.Id);
        var list = $$"""
            {"type":"email.delivered","data":{"tags":[{"name":"a","value":"b"},{"name":"mail","value":"{{token}}"}] } }
            """;
        await Tell(list);
        (await campaign.Ledger(mail.Id)).ShouldBe("delivered");

        var (other, untouched) = await Sent();
        var forged = (token[0] == 'a' ? 'b' : 'a') + token[1..];
        foreach (var tags in new[] { $$"""{"mail":"{{forged}}"}""", "{}", "[]", "[1]", "null", "7", """{"mail":7}""" })
        {
            var answer = await Tell($$$"""{"type":"email.complained","data":{"tags":{{{tags}}} } }""");
            answer.Status.ShouldBe(HttpStatusCode.OK, tags);
        }

        (await other.Happened(untouched.Id)).ShouldBeEmpty();
        (await campaign.Happened(mail.Id)).ShouldBeEmpty();
    }

    [Test]
    public async Task Only_what_the_secret_signed_is_believed()
    {
        var (campaign, mail) = await Sent();
        var body = Event("email.complained", mail.Id);
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var right = Sign(Key, "msg_1", now, body);
        var wrong = new[]
        {
            ("msg_1", $"{now}", Sign("c29tZWJvZHkgZWxzZQ==", "msg_1", now, body)),
            ("msg_2", $"{now}", right),
            ("msg_1", $"{now + 1}", right),
            ("msg_1", $"{now}", right.Replace("v1,", "v2,", StringComparison.Ordinal)),
            ("msg_1", $"{now}", right[..^4]),
            ("msg_1", $"{now}", ""),
            ("msg_1", "", right),
            ("", $"{now}", right),
            ("msg_1", "yesterday", right),
            ("msg_1", $"-{now}", right),
        };
        foreach (var (id, timestamp, signature) in wrong)
            (await Post(body, id, timestamp, signature)).ShouldBeProblem(403, "webhook.signature_wrong");

        (await Post(body + " ", "msg_1", $"{now}", right)).ShouldBeProblem(403, "webhook.signature_wrong");
        (await campaign.Happened(mail.Id)).ShouldBeEmpty();

        // One of several is enough, and an old secret holds while it is named.
        var several = $"v1a,x v1,AAAA {Sign(OldKey, "msg_1", now, body)} {Sign("AAAA", "msg_1", now, body)}";
        (await Post(body, "msg_1", $"{now}", several)).Status.ShouldBe(HttpStatusCode.OK);
        (await campaign.Happened(mail.Id)).Count.ShouldBe(1);
    }

    [TestCase(-301, 403)]
    [TestCase(-290, 200)]
    [TestCase(290, 200)]
    [TestCase(310, 403)]
    public async Task What_was_signed_long_ago_is_refused(int seconds, int status)
    {
        var (_, mail) = await Sent();
        var body = Event("email.complained", mail.Id);
        var at = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + seconds;

        var answer = await Post(body, "msg_1", $"{at}", Sign(Key, "msg_1", at, body));

        ((int)answer.Status).ShouldBe(status);
        if (status == 403)
            answer.ShouldBeProblem(403, "webhook.too_old");
    }

    [TestCase("""{"type":"email.bounced","data":{"tags":{"ma""", "body")]
    [TestCase("", "body")]
    [TestCase("[]", "body")]
    [TestCase("7", "body")]
    [TestCase("""{"data":{}}""", "type")]
    [TestCase("""{"type":7,"data":{}}""", "type")]
    [TestCase("""{"type":"email.bounced"}""", "data")]
    [TestCase("""{"type":"email.bounced","data":[]}""", "data")]
    [TestCase("""{"type":"\ud800","data":{}}""", "type")]
    public async Task What_is_signed_and_cannot_be_read_is_refused(string body, string field) =>
        (await Tell(body)).ShouldBeProblem(400, "request.malformed").Rules(field).ShouldNotBeEmpty();

    [Test]
    public async Task A_body_without_end_is_refused() =>
        (await Tell($$"""{"type":"{{new string('x', 300_000)}}"}""")).ShouldBeProblem(413, "request.too_large");

    [Test]
    public async Task Without_a_secret_there_is_no_webhook()
    {
        using var http = Shared.Api.NewClient();
        using var response = await http.PostAsync(new Uri("/webhooks/resend", UriKind.Relative), content: null);

        (await Answer.Of(response)).ShouldBeProblem(404, "route.not_found");
    }

    [TestCase("c2VjcmV0")]
    [TestCase("whsec_")]
    [TestCase("whsec_not base64!")]
    public void A_secret_that_is_none_does_not_start(string secret) =>
        Should.Throw<InvalidOperationException>(() => new SvixSignature(secret));

    private async Task<(TestCampaign Campaign, LeftMail Mail)> Sent(string status = "sent")
    {
        var campaign = await TestCampaign.Start(Shared.Api.App.Services, Ours.Organization, isPaused: true);
        return (campaign, await campaign.Send($"{Guid.CreateVersion7():n}@example.com", status));
    }
}
