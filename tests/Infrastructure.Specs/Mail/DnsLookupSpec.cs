using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>Questions to a DNS server that answers well, badly or not.</summary>
[TestFixture]
public sealed class DnsLookupSpec
{
    private static readonly string Long = new('k', 600);

    private static readonly TimeSpan Brief = TimeSpan.FromMilliseconds(200);

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
        (await Texts()).ShouldBe(["v=spf1 -all", Long], "the server has closed the connection of before");
        _server.Asked.ShouldBe(2);
    }

    [Test]
    public async Task A_lost_question_is_asked_again()
    {
        _server.Loses = 1;
        (await Texts(Brief)).Count.ShouldBe(2);
        _server.Asked.ShouldBe(2);
    }

    [TestCase(0, 0x80, TestName = "An_answer_with_another_id_is_not_believed")]
    [TestCase(2, 0x80, TestName = "A_question_in_place_of_an_answer_is_not_believed")]
    [TestCase(13, 0x80, TestName = "An_answer_about_another_name_is_not_believed")]
    [TestCase(14, 0x20, TestName = "An_answer_that_does_not_repeat_the_case_of_the_name_is_not_believed")]
    [TestCase(27, 0x80, TestName = "An_answer_about_another_kind_is_not_believed")]
    public async Task What_does_not_answer_the_question_is_not_believed(int at, byte change)
    {
        _server.Forges = answer => answer[at] ^= change;
        (await Texts()).ShouldBe(["v=spf1 -all", Long]);
        _server.Asked.ShouldBe(1, "what was forged once over UDP is asked for over TCP");
    }

    [Test]
    public async Task What_is_never_the_right_answer_is_a_failure()
    {
        _server.Damages = answer => [.. answer[..13], (byte)'-', .. answer[14..]];
        (await Should.ThrowAsync<DnsFailedException>(() => Texts())).Message.ShouldContain("malformed");
    }

    [Test]
    public async Task A_server_that_does_not_repeat_the_case_of_a_name_is_believed_over_TCP()
    {
        _server.Damages = answer => [.. answer[..13], (byte)(answer[13] ^ 0x20), .. answer[14..]];
        (await Texts()).Count.ShouldBe(2);
        _server.Asked.ShouldBe(1);
    }

    [Test]
    public async Task The_next_server_is_asked_where_one_is_silent_or_fails()
    {
        await using var first = new DnsServer { Loses = int.MaxValue };
        await using var second = new DnsServer { Fails = 2 };
        var lookup = new DnsLookup($"{first.Address}, {second.Address},{_server.Address}", Brief);
        (await lookup.Texts("list.example", CancellationToken.None)).Count.ShouldBe(2);
        (first.Asked, second.Asked, _server.Asked).ShouldBe((1, 1, 1));
    }

    [Test]
    public async Task No_such_name_is_final()
    {
        await using var second = new DnsServer();
        second.Publish("nobody.example", "a");
        var lookup = new DnsLookup($"{_server.Address},{second.Address}");
        (await lookup.Texts("nobody.example", CancellationToken.None)).ShouldBeEmpty();
        second.Asked.ShouldBe(0);
    }

    [Test]
    public async Task Nothing_is_remembered()
    {
        await Texts();
        _server.Publish("list.example", "another");
        (await Texts()).ShouldBe(["another"]);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_huge_answer_comes_whole(bool isTruncating)
    {
        var texts = Enumerable.Range(0, 200).Select(number => $"{number:000}{new string('x', 247)}").ToArray();
        _server.Publish("list.example", texts);
        _server.IsTruncating = isTruncating;
        (await Texts()).ShouldBe(texts);
    }

    [Test]
    public async Task An_international_name_is_asked_for_in_its_A_labels()
    {
        _server.Publish("_dmarc.xn--bcher-kva.example", "v=DMARC1; p=none");
        (await Lookup().Texts("_dmarc.xn--bcher-kva.example", CancellationToken.None)).ShouldHaveSingleItem();
    }

    [Test]
    public async Task A_domain_that_takes_no_mail_has_one_server_without_a_name()
    {
        _server.PublishMailServers("silent.example", "");
        (await Lookup().MailServers("silent.example", CancellationToken.None)).ShouldBe([""]);
    }

    [Test]
    public async Task What_is_no_name_of_a_host_is_left_out()
    {
        _server.PublishMailServers("odd.example", "<script>.example", "one.odd.example", "a b.example");
        (await Lookup().MailServers("odd.example", CancellationToken.None)).ShouldBe(["one.odd.example"]);
    }

    [Test]
    public async Task Who_stops_asking_hears_that_and_no_failure()
    {
        _server.Loses = int.MaxValue;
        using var enough = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await Should.ThrowAsync<OperationCanceledException>(() => Lookup().Texts("list.example", enough.Token));
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
    public async Task Damage_anywhere_in_an_answer_is_a_failure_or_an_answer()
    {
        await Parallel.ForAsync(
            0,
            300,
            new ParallelOptions { MaxDegreeOfParallelism = 100 },
            async (seed, _) =>
            {
                await using var server = new DnsServer();
                server.Publish("list.example", "v=spf1 -all", Long);
                server.PublishMailServers("list.example", "one.list.example", "two.list.example");
                var random = new Random(seed);
                server.Damages = answer => Damaged(answer, random);
                var lookup = new DnsLookup(server.Address, TimeSpan.FromSeconds(1));
                try
                {
                    await (
                        seed % 2 == 0
                            ? lookup.Texts("list.example", CancellationToken.None)
                            : lookup.MailServers("list.example", CancellationToken.None)
                    );
                }
                catch (DnsFailedException)
                {
                    // Nothing else is thrown, whatever was sent.
                }
            }
        );
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

    /// <summary>Keeps id and question, changes some of the rest, and cuts it sometimes.</summary>
    private static byte[] Damaged(byte[] answer, Random random)
    {
        const int question = 12 + 14 + 4;
        var damaged = answer.ToArray();
        for (var left = random.Next(1, 5); left > 0; left--)
            damaged[random.Next(question, damaged.Length)] = (byte)random.Next(256);

        return random.Next(3) == 0 ? damaged[..random.Next(damaged.Length)] : damaged;
    }

    private DnsLookup Lookup(TimeSpan? oneTry = null) => new(_server.Address, oneTry);

    private Task<IReadOnlyList<string>> Texts(TimeSpan? oneTry = null) =>
        Lookup(oneTry).Texts("list.example", CancellationToken.None);
}
