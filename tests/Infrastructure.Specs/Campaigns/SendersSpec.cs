using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Campaigns;
using SchemaHub.Domain;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>From the domain's key to the sender that mail goes out for.</summary>
[TestFixture]
public sealed class SendersSpec
{
    private const string Domain = "list.example";

    private static readonly DescribeSender Letters = new("Letters", $"news@{Domain}", null, "Gasse 1, 3000 Bern");

    private DnsServer _dns = null!;
    private TestService _service = null!;
    private Guid _organization;

    [SetUp]
    public async Task Start()
    {
        _dns = new DnsServer();
        _service = await TestService.Create(services =>
            services.AddSingleton(MailServices.Dns(new MailOptions { DnsServer = _dns.Address }))
        );
        _organization = await _service.CreateOrganization("letters");
    }

    [TearDown]
    public async Task End()
    {
        await _service.DisposeAsync();
        await _dns.DisposeAsync();
    }

    [Test]
    public async Task A_domain_whose_key_is_published_is_written_from_with_that_key()
    {
        var domain = await Add();
        domain.Record.Name.ShouldEndWith($"._domainkey.{Domain}");
        (await Refusal(Letters)).ShouldBe("sender.domain_not_verified");
        // Asked for too early, by a mail in the organization's name, it is not missed afterwards.
        (await Find()).ShouldBeNull();
        (await Refusal(new VerifySenderDomain(Domain))).ShouldBe("sender.key_not_published");

        _dns.Publish(domain.Record.Name, domain.Record.Value);
        await Send(new VerifySenderDomain("LIST.example"));
        await Send(Letters);

        (await Send(new GetSender())).IsReady.ShouldBeTrue();
        var ready = (await Find())!;
        ready.FromAddress.ShouldBe($"news@{Domain}");
        ready.PostalAddress.ShouldBe("Gasse 1, 3000 Bern");
        ready.Dkim.Domain.ShouldBe(Domain);
        $"{ready.Dkim.Selector}._domainkey.{Domain}".ShouldBe(domain.Record.Name);
        using var rsa = RSA.Create();
        rsa.ImportPkcs8PrivateKey(ready.Dkim.PrivateKey.Span, out _);
        rsa.KeySize.ShouldBe(2048);
        Convert.ToBase64String(rsa.ExportSubjectPublicKeyInfo()).ShouldBe(domain.PublicKey);
    }

    [TestCase("v=DKIM1; k=rsa; p=AAAA")]
    [TestCase("v=DKIM1; k=rsa; p=")]
    [TestCase("v=spf1 -all")]
    [TestCase("")]
    public async Task A_domain_with_another_record_is_not_verified(string text)
    {
        var domain = await Add();
        _dns.Publish(domain.Record.Name, text);
        (await Refusal(new VerifySenderDomain(Domain))).ShouldBe("sender.key_not_published");
    }

    [Test]
    public async Task The_key_is_found_however_the_record_is_written()
    {
        var domain = await Add();
        _dns.Publish(domain.Record.Name, "something else", $" p = {domain.PublicKey[..80]} {domain.PublicKey[80..]} ;");
        await Send(new VerifySenderDomain(Domain));
        (await Send(new GetSenderDomain(Domain))).VerifiedAt.ShouldNotBeNull();
    }

    [Test]
    public async Task A_DNS_that_does_not_answer_is_not_the_domains_fault()
    {
        await Add();
        _dns.Fails = 2;
        (await Refusal(new VerifySenderDomain(Domain))).ShouldBe("sender.dns_unreachable");
    }

    [Test]
    public async Task Only_the_operators_word_is_taken_for_a_domain()
    {
        await Add();
        var refused = await Should.ThrowAsync<RuleBrokenException>(() =>
            _service.Send(_organization, new TrustSenderDomain(Domain), caller => caller with { Actor = "key:1" })
        );
        refused.Code.ShouldBe("access.refused");
        await Send(new TrustSenderDomain(Domain));
        await Send(Letters with { FromAddress = $"news@mail.{Domain}" });
        (await Find())!.Dkim.Domain.ShouldBe(Domain);
        (await Refusal(Letters with { FromAddress = $"news@evil{Domain}" })).ShouldBe("sender.domain_not_verified");
    }

    [Test]
    public async Task Of_two_domains_the_closer_one_signs()
    {
        foreach (var domain in new[] { Domain, $"mail.{Domain}" })
        {
            await Send(new AddSenderDomain(domain));
            await Send(new TrustSenderDomain(domain));
        }

        await Send(Letters with { FromAddress = $"news@mail.{Domain}" });
        (await Find())!.Dkim.Domain.ShouldBe($"mail.{Domain}");
    }

    [Test]
    public async Task A_domain_that_was_removed_is_written_from_no_more_and_gets_another_key()
    {
        var first = await Add();
        await Send(new TrustSenderDomain(Domain));
        await Send(Letters);
        await Send(new RemoveSenderDomain(Domain));
        (await Find()).ShouldBeNull();
        (await Send(new GetSender())).IsReady.ShouldBeFalse();
        (await Add()).PublicKey.ShouldNotBe(first.PublicKey);
        (await Find()).ShouldBeNull();
    }

    [Test]
    public async Task Added_twice_the_first_key_stays()
    {
        var first = await Add();
        (await Add()).ShouldBe(first);
    }

    [Test]
    public async Task The_same_key_is_handed_out_as_the_same_object()
    {
        await Add();
        await Send(new TrustSenderDomain(Domain));
        await Send(Letters);
        var senders = _service.Services.GetRequiredService<ISenders>();
        var first = await senders.Find(_organization, CancellationToken.None);
        (await senders.Find(_organization, CancellationToken.None))!.Dkim.ShouldBeSameAs(first!.Dkim);
    }

    [Test]
    public async Task Another_organization_has_nothing_of_it()
    {
        await Add();
        await Send(new TrustSenderDomain(Domain));
        await Send(Letters);
        var other = await _service.CreateOrganization("others");
        var seen = await _service.Send(other, new GetSender());
        seen.ShouldBe(new PublishedSender(null, IsReady: false, seen.Domains, Version: 0));
        seen.Domains.ShouldBeEmpty();
        foreach (
            var request in new ICommand[]
            {
                new VerifySenderDomain(Domain),
                new TrustSenderDomain(Domain),
                new RemoveSenderDomain(Domain),
            }
        )
            (await Should.ThrowAsync<NotFoundException>(() => _service.Send(other, request))).What.ShouldBe("domain");

        (await Senders().Find(other, CancellationToken.None)).ShouldBeNull();
    }

    [Test]
    public async Task The_private_key_is_in_no_audit_table_and_queries_cannot_read_it()
    {
        await Add();
        await Send(new TrustSenderDomain(Domain));
        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        await connection.OpenAsync();
        await using var changes = new NpgsqlCommand(
            """
            select string_agg(a.changes::text, ' '), (select min(d.sealed_private_key) from sending.domains d)
            from smarthub.audit_logs a
            where a.entity_type = 'sender_domain'
            """,
            connection
        );
        await using var row = await changes.ExecuteReaderAsync();
        await row.ReadAsync();
        row.GetString(0).ShouldContain(Domain);
        row.GetString(0).ShouldNotContain(row.GetString(1)[..40]);
        await using var asQuery = _service.Installation.App.CreateCommand(
            "select sealed_private_key from sending.domains"
        );
        (await Should.ThrowAsync<PostgresException>(() => asQuery.ExecuteScalarAsync())).SqlState.ShouldBe(
            PostgresErrorCodes.InsufficientPrivilege
        );
    }

    private async Task<PublishedDomain> Add()
    {
        await Send(new AddSenderDomain(Domain));
        return await Send(new GetSenderDomain(Domain));
    }

    private Task<T> Send<T>(MediatR.IRequest<T> request) => _service.Send(_organization, request);

    private async Task<string> Refusal(ICommand command) =>
        (await Should.ThrowAsync<RuleBrokenException>(() => Send(command))).Code;

    private Task<ReadySender?> Find() => Senders().Find(_organization, CancellationToken.None);

    // A fresh one has nothing remembered.
    private Infrastructure.Campaigns.Senders Senders() =>
        new(
            _service.Installation.Writer,
            _service.Services.GetRequiredService<Infrastructure.Security.SenderKeys>(),
            TimeProvider.System
        );
}
