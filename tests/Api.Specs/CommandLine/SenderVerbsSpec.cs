using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.CommandLine;

/// <summary><c>sender</c> and <c>mail check</c>, as people run them.</summary>
public sealed class SenderVerbsSpec : VerbsFixture
{
    [Test]
    public async Task A_domain_is_added_checked_verified_and_written_from()
    {
        await using var dns = new DnsServer();
        var asks = Schemahub.With("SchemaHub__Mail__DnsServer", dns.Address);
        var added = await asks.Json("sender", "domain", "add", "list.example", "--org", "acme");
        var record = added.GetProperty("record");

        var missing = await asks.Run("mail", "check", "list.example", "--org", "acme");
        missing.Code.ShouldBe(1);
        missing.Output.ShouldContain(record.GetProperty("value").GetString()!);
        missing.Output.ShouldContain("_dmarc.list.example");
        (await asks.Run("sender", "domain", "verify", "list.example", "--org", "acme")).Code.ShouldBe(1);

        dns.Publish(record.GetProperty("name").GetString()!, record.GetProperty("value").GetString()!);
        dns.Publish("list.example", "v=spf1 mx -all");
        dns.Publish("_dmarc.list.example", "v=DMARC1; p=quarantine");
        (await asks.Json("mail", "check", "list.example", "--org", "acme"))
            .GetProperty("isReady")
            .GetBoolean()
            .ShouldBeTrue();
        await asks.Json("sender", "domain", "verify", "list.example", "--org", "acme");
        await asks.Json([
            "sender",
            "set",
            "--org",
            "acme",
            "--name",
            "Letters",
            "--address",
            "news@list.example",
            "--postal-address",
            "Gasse 1, 3000 Bern",
        ]);
        var shown = await asks.Run("sender", "show", "--org", "acme");
        shown.Output.ShouldContain("Letters <news@list.example>");
        shown.Output.ShouldContain("Mail can be sent.");
    }

    [Test]
    public async Task The_operators_word_is_enough_and_a_look_at_the_DNS_needs_no_database()
    {
        await Schemahub.Json("sender", "domain", "add", "trusted.example", "--org", "acme");
        var trusted = await Schemahub.Json("sender", "domain", "verify", "trusted.example", "--trust", "--org", "acme");
        trusted.GetProperty("verifiedAt").GetString().ShouldNotBeNullOrEmpty();
        (await Schemahub.Json("sender", "domain", "remove", "trusted.example", "--org", "acme")).ValueKind.ShouldBe(
            System.Text.Json.JsonValueKind.Object
        );

        await using var dns = new DnsServer();
        var elsewhere = new Installed(Installed.NewDirectory()).With("SchemaHub__Mail__DnsServer", dns.Address);
        var report = await elsewhere.Run("mail", "check", "list.example", "--selector", "s1", "--json");
        report.Code.ShouldBe(1);
        report.Output.ShouldContain("s1._domainkey.list.example");
        Directory.Exists(elsewhere.DataDirectory).ShouldBeFalse();
    }
}
