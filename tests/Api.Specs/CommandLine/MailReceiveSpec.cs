using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.CommandLine;

/// <summary>What a mail server pipes into <c>mail receive</c>, and what it is answered.</summary>
public sealed class MailReceiveSpec : VerbsFixture
{
    private Installation? _installation;
    private ServiceProvider? _services;
    private TestCampaign _campaign = null!;

    private IMailTokens Tokens => _services!.GetRequiredService<IMailTokens>();

    [OneTimeSetUp]
    public async Task Begin()
    {
        _installation = await Installation.Open(
            new NpgsqlConnectionStringBuilder(Administrator()),
            Path.Combine(Schemahub.DataDirectory, "keys"),
            CancellationToken.None
        );
        _services = new ServiceCollection()
            .AddLogging()
            .AddApplication()
            .AddInfrastructure(_installation)
            .BuildServiceProvider();
        _campaign = await TestCampaign.Start(_services, Guid.Parse(Acme));
    }

    [OneTimeTearDown]
    public async Task End()
    {
        if (_services is not null)
            await _services.DisposeAsync();

        if (_installation is not null)
            await _installation.DisposeAsync();
    }

    [Test]
    public async Task A_bounce_finds_its_mail_by_the_envelope_and_is_recorded_once()
    {
        var mail = await _campaign.Send($"{Guid.CreateVersion7():n}@example.com");
        var bounce = Sample("exim-unknown", "nothing", "nothing");
        // As servers do with addresses.
        var recipient = $"BOUNCES+{Tokens.Of(TokenUse.ReturnPath, mail.Id).ToUpperInvariant()}@lists.example";

        var first = await Receive(bounce, "--recipient", recipient, "--json");
        first.Code.ShouldBe(0, first.Errors);
        JsonSerializer.Deserialize<JsonElement>(first.Output).GetProperty("as").GetString().ShouldBe("recorded");
        (await Receive(bounce, "--recipient", recipient)).Output.ShouldContain("as was known");

        (await _campaign.Ledger(mail.Id)).ShouldBe("bounced 550 5.1.1 <(address)>: No such person at this address");
        (await _campaign.Happened(mail.Id)).Count.ShouldBe(1);
        (await _campaign.Suppressions(mail.Contact)).ShouldBe("hard_bounce");
    }

    [Test]
    public async Task A_complaint_finds_its_mail_by_what_it_carries()
    {
        var mail = await _campaign.Send($"{Guid.CreateVersion7():n}@example.com");
        var complaint = Sample("arf-abuse", "redacted", Tokens.Of(TokenUse.MessageId, mail.Id));

        (await Receive(complaint)).Code.ShouldBe(0);

        (await _campaign.Happened(mail.Id)).ShouldHaveSingleItem().ShouldStartWith("complained");
        (await _campaign.Suppressions(mail.Contact)).ShouldBe("complaint");
    }

    [Test]
    public async Task What_carries_no_token_of_ours_changes_nothing_and_is_taken()
    {
        var mail = await _campaign.Send($"{Guid.CreateVersion7():n}@example.com");
        var (path, name) = (Tokens.Of(TokenUse.ReturnPath, mail.Id), Tokens.Of(TokenUse.MessageId, mail.Id));
        var forged = (path[5] == 'a' ? 'b' : 'a') is var other ? $"{path[..5]}{other}{path[6..]}" : path;
        // A number, one character less, a token of another use in the place of this one.
        foreach (var token in new[] { $"{mail.Id}", forged, path[1..], name })
        {
            var ran = await Receive(Sample("postfix-user-unknown", token, "nothing"));
            ran.Code.ShouldBe(0, ran.Errors);
            ran.Output.ShouldContain("no mail of ours");
        }

        (await Receive(Sample("absence-note", path, name))).Output.ShouldContain("neither");
        (await Receive(Sample("postfix-delayed", path, name))).Output.ShouldContain("nothing that changes");
        (await _campaign.Ledger(mail.Id)).ShouldBe("sent");
        (await _campaign.Happened(mail.Id)).ShouldBeEmpty();
    }

    [Test]
    public async Task A_bounce_in_words_and_a_complaint_that_is_the_mail_itself_are_recorded()
    {
        var (gone, tired) = (
            await _campaign.Send($"{Guid.CreateVersion7():n}@example.com"),
            await _campaign.Send($"{Guid.CreateVersion7():n}@example.com")
        );
        var qmail = Sample("qmail-unknown", Tokens.Of(TokenUse.ReturnPath, gone.Id), "nothing");
        var jmrp = Sample("jmrp", "nothing", Tokens.Of(TokenUse.MessageId, tired.Id));

        (await Receive(qmail)).Code.ShouldBe(0);
        (await Receive(jmrp)).Code.ShouldBe(0);

        (await _campaign.Suppressions(gone.Contact)).ShouldBe("hard_bounce");
        (await _campaign.Suppressions(tired.Contact)).ShouldBe("complaint");
    }

    [Test]
    public async Task What_cannot_be_read_is_kept_for_the_operator_once_and_says_so()
    {
        var mail = await _campaign.Send($"{Guid.CreateVersion7():n}@example.com");
        var message = Sample("forwarded-bounce", Tokens.Of(TokenUse.ReturnPath, mail.Id), "nothing");

        var first = await Receive(message);
        var second = await Receive(message);

        (first.Code, second.Code).ShouldBe((65, 65), first.Errors);
        first.Output.ShouldContain("look at it");
        var folder = new DirectoryInfo(Path.Combine(Schemahub.DataDirectory, "unread-mail"));
        var kept = folder.EnumerateFiles().ShouldHaveSingleItem();
        (await File.ReadAllTextAsync(kept.FullName)).ShouldBe(message);
        kept.UnixFileMode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        first.Errors.ShouldContain(kept.Name);
        (await _campaign.Ledger(mail.Id)).ShouldBe("sent");
    }

    [Test]
    public async Task A_bounce_of_fifty_megabytes_is_read_at_its_beginning()
    {
        var mail = await _campaign.Send($"{Guid.CreateVersion7():n}@example.com");
        var bounce = Sample("postfix-user-unknown", Tokens.Of(TokenUse.ReturnPath, mail.Id), "nothing");
        using var large = new MemoryStream();
        large.Write(Encoding.UTF8.GetBytes(bounce));
        var line = Encoding.ASCII.GetBytes(new string('x', 75) + "\n");
        while (large.Length < 50 * 1024 * 1024)
            large.Write(line);

        large.Position = 0;
        var ran = await Schemahub.Run(large, ["mail", "receive"]);

        ran.Code.ShouldBe(0, ran.Errors);
        (await _campaign.Ledger(mail.Id)).ShouldStartWith("bounced");
    }

    [Test]
    public async Task The_server_keeps_what_cannot_be_recorded_now()
    {
        var mail = await _campaign.Send($"{Guid.CreateVersion7():n}@example.com", "queued");
        var bounce = Sample("exim-full", Tokens.Of(TokenUse.ReturnPath, mail.Id), "nothing");
        (await Receive(bounce)).Code.ShouldBe(75);

        await _campaign.Leave(mail.Id);
        var away = Schemahub
            .With("SCHEMAHUB_DATABASE", "Host=127.0.0.1;Port=1;Username=nobody;Database=nothing;Timeout=2")
            .With("SCHEMAHUB_KEYS", Files);
        var later = await away.Run(new MemoryStream(Encoding.UTF8.GetBytes(bounce)), ["mail", "receive"]);
        later.Code.ShouldBe(75, later.Errors);
        later.Output.ShouldBeEmpty();

        (await Receive(bounce)).Code.ShouldBe(0);
        (await _campaign.Ledger(mail.Id)).ShouldStartWith("bounced");
        (await _campaign.Suppressions(mail.Contact)).ShouldBe("");
    }

    private Task<Ran> Receive(string message, params string[] arguments) =>
        Schemahub.Run(new MemoryStream(Encoding.UTF8.GetBytes(message)), ["mail", "receive", .. arguments]);

    private static string Sample(string name, string returnPath, string messageId) =>
        File.ReadAllText(Path.Combine(TestContext.CurrentContext.TestDirectory, "Campaigns", "Reports", $"{name}.eml"))
            .Replace("{return-path}", returnPath, StringComparison.Ordinal)
            .Replace("{message-id}", messageId, StringComparison.Ordinal);
}
