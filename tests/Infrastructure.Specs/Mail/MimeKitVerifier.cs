using MimeKit;
using MimeKit.Cryptography;
using Org.BouncyCastle.Crypto;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>A second opinion on DKIM signatures: MimeKit's.</summary>
internal static class MimeKitVerifier
{
    /// <summary>Whether the only signature of a mail holds.</summary>
    /// <param name="record">The only DNS record there is, by its name.</param>
    public static bool Verify(ReadOnlyMemory<byte> mail, (string Name, string Value) record)
    {
        using var content = new MemoryStream(mail.ToArray());
        using var message = MimeMessage.Load(content);
        var signature = message.Headers.Single(header => header.Id == HeaderId.DkimSignature);
        return new DkimVerifier(new OneRecord(record.Name, record.Value)).Verify(message, signature);
    }

    private sealed class OneRecord(string name, string value) : DkimPublicKeyLocatorBase
    {
        public override AsymmetricKeyParameter LocatePublicKey(
            string methods,
            string domain,
            string selector,
            CancellationToken cancellationToken = default
        ) =>
            $"{selector}._domainkey.{domain}" == name
                ? GetPublicKey(value)
                : throw new ParseException("There is no such key.", 0, 0);

        public override Task<AsymmetricKeyParameter> LocatePublicKeyAsync(
            string methods,
            string domain,
            string selector,
            CancellationToken cancellationToken = default
        ) => Task.FromResult(LocatePublicKey(methods, domain, selector, cancellationToken));
    }
}
