using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Mail;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>Mails as campaigns hand them over.</summary>
internal static class Mails
{
    public static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly Lazy<(DkimKey Key, string Record)> Signing = new(() =>
    {
        using var rsa = RSA.Create(2048);
        return (
            new DkimKey("list.example", "spec", rsa.ExportPkcs8PrivateKey()),
            $"v=DKIM1; k=rsa; p={Convert.ToBase64String(rsa.ExportSubjectPublicKeyInfo())}"
        );
    });

    public static DkimKey Key => Signing.Value.Key;

    /// <summary>What the DNS has to hold for the key.</summary>
    public static (string Name, string Value) Record => ("spec._domainkey.list.example", Signing.Value.Record);

    /// <summary>A mail to Ann with every header that a campaign gives.</summary>
    public static OutgoingMail ToAnn { get; } =
        new(
            "Zoë's list",
            "news@list.example",
            "answers@list.example",
            "ann@reader.example",
            "Ann O'Hara",
            "Grüße aus Köln – jeden Monat ein Überblick über alles, was in der Stadt geschieht ☕",
            "Liebe Ann,\n\n.\n..\nFrom here on\nhttps://list.example/a\n",
            "<style>\n.a{color:red}\n</style>\n<p>Liebe Ann,   schön  </p>\t\n\n\n",
            "abc234@list.example",
            "bounce+abc234@list.example",
            "ref234",
            [
                new("List-Id", "<news.list.example>"),
                new("List-Unsubscribe", "<https://list.example/unsubscribe/" + new string('a', 64) + ">"),
                new("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
                new("Feedback-ID", "1:org:campaign:schemahub"),
            ],
            Dkim: null
        );

    public static ComposedMail Compose(OutgoingMail mail) => new MimeComposer(new FakeTimeProvider(Noon)).Compose(mail);
}
