using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>The directory as a provider, patience with any of them, and which one the settings choose.</summary>
[TestFixture]
public sealed class ProvidersSpec
{
    private string _directory = "";

    [SetUp]
    public void Start() => _directory = Directory.CreateTempSubdirectory("schemahub-drop-").FullName;

    [TearDown]
    public void End() => Directory.Delete(_directory, recursive: true);

    [Test]
    public async Task The_same_mail_dropped_twice_is_one_file()
    {
        await Drop(Mails.ToAnn);
        await Drop(Mails.ToAnn with { Subject = "Again" });
        await Drop(Mails.ToAnn with { MessageId = "other@list.example" });
        Names().ShouldBe(["abc234@list.example.eml", "other@list.example.eml"], ignoreOrder: true);
        Directory.GetFiles(Path.Combine(_directory, "unfinished")).ShouldBeEmpty();
        ReceivedMail
            .Take(_directory)
            .Select(mail => mail.Subject)
            .ShouldBe(["Again", Mails.ToAnn.Subject], ignoreOrder: true);
    }

    [TestCase("../../etc/passwd@list.example")]
    [TestCase("..@list.example")]
    [TestCase("a/b\\c:d*e?f|g@list.example")]
    public async Task No_Message_ID_leads_out_of_the_directory(string id)
    {
        (await Drop(Mails.ToAnn with { MessageId = id })).ShouldBeOfType<HandOver.Taken>();
        Names().ShouldHaveSingleItem()!.ShouldMatch("^[0-9a-f]{64}[.]eml$");
    }

    [Test]
    public async Task A_directory_that_is_gone_is_for_later()
    {
        var provider = new FileDropProvider(new MailOptions { Directory = _directory }, TimeProvider.System);
        Directory.Delete(Path.Combine(_directory, "unfinished"));
        (await provider.Send(provider.Prepare(Mails.ToAnn), CancellationToken.None)).ShouldBeOfType<HandOver.NotNow>();
    }

    [Test]
    public async Task Connecting_is_tried_again_and_a_provider_that_keeps_failing_is_left_alone()
    {
        var tries = 0;
        await using var server = new TalkingServer(step =>
            step == "GREETING" && ++tries < 3 ? "421 4.3.2 later"
            : step == "MAIL" && tries > 3 ? TalkingServer.HangUp
            : null
        );
        var guarded = Guarded(server.Port);
        await using (var first = await guarded.Connect(CancellationToken.None))
        {
            (await first.Send(guarded.Prepare(Mails.ToAnn), CancellationToken.None)).ShouldBeOfType<HandOver.Taken>();
        }

        server.Connections.ShouldBe(3);
        for (var number = 0; number < MailCircuit.MostFailures; number++)
        {
            await using var broken = await guarded.Connect(CancellationToken.None);
            (await broken.Send(guarded.Prepare(Mails.ToAnn), CancellationToken.None))
                .ShouldBeOfType<HandOver.NotNow>()
                .IsBroken.ShouldBeTrue();
        }

        var before = server.Connections;
        (
            await Should.ThrowAsync<MailNotSentException>(() => guarded.Connect(CancellationToken.None))
        ).IsForGood.ShouldBeFalse();
        server.Connections.ShouldBe(before);
    }

    [Test]
    public async Task What_refuses_us_for_good_is_not_asked_again()
    {
        await using var server = new TalkingServer(step => step == "GREETING" ? "554 5.3.2 not you" : null);
        (
            await Should.ThrowAsync<MailNotSentException>(() => Guarded(server.Port).Connect(CancellationToken.None))
        ).IsForGood.ShouldBeTrue();
        server.Connections.ShouldBe(1);
    }

    [TestCase(null, null, null, null, "SchemaHub:Mail:Host")]
    [TestCase("localhost", null, null, null, "SchemaHub:Mail:From")]
    [TestCase(null, "re_1", null, null, "SchemaHub:Mail:From")]
    [TestCase("localhost", "re_1", "a@list.example", null, "not both")]
    public void Settings_that_do_not_go_together_are_named(
        string? host,
        string? resend,
        string? from,
        string? directory,
        string named
    )
    {
        var options = new MailOptions
        {
            Host = host,
            From = from,
            Directory = directory,
            Resend = new ResendOptions { ApiKey = resend },
        };
        Should
            .Throw<InvalidOperationException>(() => new ServiceCollection().AddMail(options))
            .Message.ShouldContain(named);
    }

    private async Task<HandOver> Drop(OutgoingMail mail)
    {
        var provider = new FileDropProvider(new MailOptions { Directory = _directory }, TimeProvider.System);
        await using var connection = await provider.Connect(CancellationToken.None);
        return await connection.Send(provider.Prepare(mail), CancellationToken.None);
    }

    private IEnumerable<string?> Names() => Directory.GetFiles(_directory).Select(Path.GetFileName);

    private static GuardedProvider Guarded(int port) =>
        new(
            new SmtpProvider(
                new MailOptions
                {
                    Host = "127.0.0.1",
                    Port = port,
                    StartTls = false,
                },
                TimeProvider.System
            ),
            new MailCircuit(TimeProvider.System),
            TimeProvider.System,
            TimeSpan.FromMilliseconds(1)
        );
}
