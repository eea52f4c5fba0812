using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>Questions to a DNS server that answers well, badly or not.</summary>
[TestFixture]
public sealed class DnsLookupSpec
{
    private static readonly string Long = new('k', 600);

    private DnsServer _server = null!;

    [SetUp]
    public void Start()
    {
        _server = new DnsServer();
        _server.Publish("list.example", "v=spf1 -all", Long);
        _server.PublishMailServers("list.example", "one.list.example", "two.list.example");
    }

    [TearDown]
    public ValueTask End() => _server.DisposeAsync();

    [Test]
    public async Task Texts_come_in_one_piece()
    {
        (await Texts()).ShouldBe(["v=spf1 -all", Long]);
        _server.Asked.ShouldBe(1);
    }

    [Test]
    public async Task The_preferred_mail_server_comes_first() =>
        (await Lookup().MailServers("list.example", CancellationToken.None)).ShouldBe([
            "one.list.example",
            "two.list.example",
        ]);

    [Test]
    public async Task What_is_not_there_is_nothing()
    {
        (await Lookup().Texts("nobody.example", CancellationToken.None)).ShouldBeEmpty();
        _server.Publish("texts-only.example", "a");
        (await Lookup().MailServers("texts-only.example", CancellationToken.None)).ShouldBeEmpty();
    }

    [Test]
    public async Task A_cut_answer_is_asked_for_over_TCP()
    {
        _server.IsTruncating = true;
        (await Texts()).ShouldBe(["v=spf1 -all", Long]);
    }

    [Test]
    public async Task A_lost_question_is_asked_again()
    {
        _server.Loses = 1;
        (await Texts(TimeSpan.FromMilliseconds(200))).Count.ShouldBe(2);
        _server.Asked.ShouldBe(2);
    }

    [Test]
    public async Task An_answer_to_another_question_is_not_believed()
    {
        _server.IsForged = true;
        (await Texts()).ShouldBe(["v=spf1 -all", Long]);
    }

    [Test]
    public async Task A_server_that_fails_or_is_silent_says_nothing_about_the_name()
    {
        _server.Fails = 2;
        (await Should.ThrowAsync<DnsFailedException>(() => Texts())).Message.ShouldContain("error 2");
        _server.Fails = 0;
        _server.Loses = int.MaxValue;
        (await Should.ThrowAsync<DnsFailedException>(() => Texts(TimeSpan.FromMilliseconds(50)))).Message.ShouldContain(
            "does not answer"
        );
    }

    [TestCase("")]
    [TestCase("c0")]
    [TestCase("c00c00")]
    [TestCase("c00c0010000100000000ffff41")]
    [TestCase("3f41")]
    public async Task Garbage_is_a_failure(string hex)
    {
        _server.Garbage = Convert.FromHexString(hex);
        await Should.ThrowAsync<DnsFailedException>(() => Texts());
    }

    [Test]
    public async Task A_name_that_points_at_itself_has_an_end()
    {
        // An MX record whose host is a pointer to that pointer.
        const int at = 12 + 14 + 4 + 12 + 2;
        _server.Garbage = [0xC0, 12, 0, 15, 0, 1, 0, 0, 0, 60, 0, 4, 0, 10, 0xC0, at];
        await Should.ThrowAsync<DnsFailedException>(() => Lookup().MailServers("list.example", CancellationToken.None));
    }

    [TestCase("a..example")]
    [TestCase("")]
    [TestCase("bücher.example")]
    public async Task What_is_no_name_is_not_asked_for(string name)
    {
        await Should.ThrowAsync<DnsFailedException>(() => Lookup().Texts(name, CancellationToken.None));
        _server.Asked.ShouldBe(0);
    }

    [Test]
    public async Task A_server_that_is_no_address_is_named() =>
        (
            await Should.ThrowAsync<DnsFailedException>(() =>
                new DnsLookup("nowhere").Texts("list.example", CancellationToken.None)
            )
        ).Message.ShouldContain("DnsServer");

    private DnsLookup Lookup(TimeSpan? oneTry = null) => new(_server.Address, oneTry);

    private Task<IReadOnlyList<string>> Texts(TimeSpan? oneTry = null) =>
        Lookup(oneTry).Texts("list.example", CancellationToken.None);
}
