using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Infrastructure.Mail;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>Settings of OAuth that are not complete, or contradict others, are refused at the start.</summary>
[TestFixture]
public sealed class MailOAuthOptionsSpec
{
    private static readonly MailOptions Complete = new()
    {
        Host = "smtp.office365.com",
        From = "news@example.org",
        User = "news@example.org",
        OAuth = new MailOAuthOptions
        {
            TokenUrl = new Uri("https://login.microsoftonline.com/tenant/oauth2/v2.0/token"),
            ClientId = "id",
            ClientSecret = "secret",
            Scope = "https://outlook.office365.com/.default",
        },
    };

    private static readonly MailOAuthOptions OAuth = Complete.OAuth;

    private static readonly (string Named, MailOptions Options)[] Refused =
    [
        ("SchemaHub:Mail:Host", Complete with { Host = null, Directory = "mail" }),
        ("SchemaHub:Mail:Password", Complete with { Password = "secret" }),
        ("SchemaHub:Mail:User", Complete with { User = null }),
        ("SchemaHub:Mail:User", Complete with { User = "ann\u0001auth=Bearer x" }),
        ("SchemaHub:Mail:OAuth:TokenUrl", Complete with { OAuth = OAuth with { TokenUrl = null } }),
        ("SchemaHub:Mail:OAuth:TokenUrl", WithUrl("/token", UriKind.Relative)),
        ("begins with https", WithUrl("http://login.example.org/token")),
        ("begins with https", WithUrl("http://127.0.0.1.example.org/token")),
        ("begins with https", WithUrl("ftp://localhost/token")),
        ("without a user", WithUrl("https://id:secret@login.example.org/token")),
        ("without a fragment", WithUrl("https://login.example.org/token#a")),
        ("SchemaHub:Mail:OAuth:ClientId", Complete with { OAuth = OAuth with { ClientId = "" } }),
        ("SchemaHub:Mail:OAuth:ClientSecret", Complete with { OAuth = OAuth with { ClientSecret = null } }),
        ("SchemaHub:Mail:OAuth:Scope", Complete with { OAuth = OAuth with { Scope = null } }),
        (
            "SchemaHub:Mail:User",
            Complete with
            {
                User = "",
                OAuth = new MailOAuthOptions { RefreshToken = "1//x" },
            }
        ),
    ];

    private static IEnumerable<TestCaseData> RefusedCases =>
        Refused.Select((one, number) => new TestCaseData(one.Named, one.Options).SetArgDisplayNames($"{number}"));

    [TestCaseSource(nameof(RefusedCases))]
    public void A_contradiction_names_its_setting(string named, MailOptions options)
    {
        var refused = Should.Throw<InvalidOperationException>(() => new ServiceCollection().AddMail(options));
        refused.Message.ShouldContain(named);
        refused.Message.ShouldNotContain("secret@");
    }

    [Test]
    public void What_is_complete_starts()
    {
        MailOptions[] complete =
        [
            Complete,
            Complete with
            {
                OAuth = OAuth with { RefreshToken = "1//x", ClientSecret = null, Scope = null },
            },
            WithUrl("http://localhost:8080/token"),
            WithUrl("http://127.0.0.1:8080/token"),
            WithUrl("http://[::1]:8080/token"),
        ];
        foreach (var options in complete)
            Should.NotThrow(() => new ServiceCollection().AddMail(options));
    }

    [Test]
    public void Settings_are_read_by_their_documented_names_and_an_empty_one_is_not_set()
    {
        var read = Read(
            ("TokenUrl", "https://oauth2.googleapis.com/token"),
            ("ClientId", "id"),
            ("ClientSecret", "secret"),
            ("Scope", "https://mail.google.com/"),
            ("RefreshToken", "1//x")
        );
        read.ShouldBe(
            new MailOAuthOptions
            {
                TokenUrl = new Uri("https://oauth2.googleapis.com/token"),
                ClientId = "id",
                ClientSecret = "secret",
                Scope = "https://mail.google.com/",
                RefreshToken = "1//x",
            }
        );
        Read(("TokenUrl", ""), ("ClientId", ""), ("RefreshToken", "")).IsOn.ShouldBeFalse();
    }

    private static MailOAuthOptions Read(params (string Name, string Value)[] settings) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(
                settings.Select(one => KeyValuePair.Create<string, string?>($"Mail:OAuth:{one.Name}", one.Value))
            )
            .Build()
            .GetSection("Mail")
            .Get<MailOptions>(binding => binding.ErrorOnUnknownConfiguration = true)!
            .OAuth;

    private static MailOptions WithUrl(string url, UriKind kind = UriKind.Absolute) =>
        Complete with
        {
            OAuth = OAuth with { TokenUrl = new Uri(url, kind) },
        };
}
