using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Identity;
using SchemaHub.Domain;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>
/// Every single mail in an organization's name has its sender, its signature and its address for bounces; what is in
/// nobody's name has the service's.
/// </summary>
[TestFixture]
public sealed class OrganizationMailsSpec
{
    private const string Domain = TestMailing.Domain;
    private const string Ann = "ann@example.org";

    private static readonly string[] Kinds = ["form", "form without a sender", "opt-in", "invitation", "test"];

    private TalkingServer _server = null!;
    private TestMailing _mailing = null!;
    private string _wording = "";
    private string _keys = "";

    [OneTimeSetUp]
    public async Task Prepare()
    {
        _keys = Directory.CreateTempSubdirectory("schemahub-dkim-").FullName;
        using var key = RSA.Create(2048);
        await File.WriteAllTextAsync(Path.Combine(_keys, "key.pem"), key.ExportPkcs8PrivateKeyPem());
        _server = new TalkingServer(_ => null);
        var service = await TestService.Create(services =>
        {
            services.AddMail(
                new MailOptions
                {
                    Host = "127.0.0.1",
                    Port = _server.Port,
                    StartTls = false,
                    From = "service@installation.example",
                    DkimSelector = "own",
                    DkimKeyFile = Path.Combine(_keys, "key.pem"),
                }
            );
            services.AddSingleton<IPublicLinks>(new TestLinks("https://mail.example"));
        });
        _mailing = await TestMailing.Of(service, await service.CreateOrganization("night-train"));
        var wording = new PublishWording("en", "Write to me.");
        await service.Send(_mailing.Organization, wording);
        _wording = wording.Sha256;
        await service.Send(
            _mailing.Organization,
            new AddContact(Ann, Consent: new ConsentInput(Wording: _wording, Language: "en"))
        );
    }

    [OneTimeTearDown]
    public async Task End()
    {
        await _mailing.DisposeAsync();
        await _server.DisposeAsync();
        Directory.Delete(_keys, recursive: true);
    }

    [TestCaseSource(nameof(Kinds))]
    public async Task It_is_the_organizations_mail(string kind)
    {
        var mail = await Mailed(_mailing.Organization, kind);

        var address = kind == "form" ? $"letters@{Domain}" : $"news@{Domain}";
        mail.Content.ShouldContain($"From: Night Train <{address}>\r\n");
        mail.Content.ShouldContain($"; d={Domain}; ");
        mail.Envelope.ShouldBe($"bounces@{Domain}");
    }

    [Test]
    public async Task A_test_has_the_headers_of_a_campaigns_mail()
    {
        var mail = await Mailed(_mailing.Organization, "test");

        mail.Content.ShouldContain("List-Unsubscribe: <https://mail.example/unsubscribe/preview>\r\n");
        mail.Content.ShouldContain("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
        mail.Content.ShouldContain($"List-Id: <newsletter.night-train.{Domain}>\r\n");
    }

    [Test]
    public async Task A_form_writes_from_a_verified_domain_only()
    {
        foreach (var address in new[] { "security@bank.example", $"a@not{Domain}", $"a@{Domain}.evil.example" })
            (await Should.ThrowAsync<RuleBrokenException>(Form(_mailing.Organization, address))).Code.ShouldBe(
                "sender.domain_not_verified"
            );
    }

    [Test]
    public async Task Where_the_domain_is_no_longer_verified_it_is_the_services_mail()
    {
        var service = _mailing.Service;
        var other = (await TestMailing.Of(service, await service.CreateOrganization("day-train"))).Organization;
        await service.Send(other, new PublishWording("en", "Write to me."));
        var form = await Form(other, $"letters@{Domain}");
        await service.Send(other, new RemoveSenderDomain(Domain));

        var mail = await After(() => OptIn(other, form));
        mail.Content.ShouldContain("From: SchemaHub <service@installation.example>\r\n");
        mail.Content.ShouldContain("; d=installation.example; s=own;");
        mail.Envelope.ShouldBe("service@installation.example");
    }

    [Test]
    public async Task A_mail_about_an_account_is_the_services()
    {
        var members = await _mailing.Service.Send(_mailing.Organization, new ListMembers());
        var mail = await After(() =>
            _mailing.Service.Send(Guid.Empty, new SendAccountMail(members.Items[0].Id, AccountMails.Changed))
        );

        mail.Content.ShouldContain("From: SchemaHub <service@installation.example>\r\n");
        mail.Content.ShouldContain("; d=installation.example; s=own;");
    }

    private Task<(string Envelope, string Content)> Mailed(Guid organization, string kind) =>
        After(async () =>
        {
            switch (kind)
            {
                case "form":
                    await OptIn(organization, await Form(organization, $"letters@{Domain}"));
                    break;
                case "form without a sender":
                    await OptIn(organization, await Form(organization, address: null));
                    break;
                case "opt-in":
                    await OptIn(organization, form: null);
                    break;
                case "invitation":
                    await _mailing.Service.Send(
                        organization,
                        new SendInvitation($"{Guid.CreateVersion7()}@example.org")
                    );
                    break;
                default:
                    await _mailing.Service.Send(organization, new SendTestMail(_mailing.TemplateId, Ann));
                    break;
            }
        });

    /// <summary>The one mail that is handed over meanwhile.</summary>
    private async Task<(string Envelope, string Content)> After(Func<Task> work)
    {
        var (heard, mails) = (_server.Heard.Count, _server.Mails.Count);
        await work();
        var content = _server.Mails.Skip(mails).ShouldHaveSingleItem();
        var from = _server.Heard.Skip(heard).Single(line => line.StartsWith("MAIL FROM:<", StringComparison.Ordinal));
        // Folded lines are one (RFC 5322 section 2.2.3).
        return (from["MAIL FROM:<".Length..from.IndexOf('>')], content.Replace("\r\n ", " ", StringComparison.Ordinal));
    }

    private async Task<Guid> Form(Guid organization, string? address) =>
        (
            await _mailing.Service.Send(
                organization,
                new PublishSignUpForm(null, "Letter", "newsletter", _wording, "en", TrackingWording: null, address)
            )
        ).Stream;

    private Task OptIn(Guid organization, Guid? form) =>
        _mailing.Service.Send(
            organization,
            new RequestOptIn(
                $"{Guid.CreateVersion7()}@example.org",
                Name: null,
                [new ConsentInput(Wording: _wording)],
                FormId: form
            )
        );
}
