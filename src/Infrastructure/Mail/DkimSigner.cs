using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>Signs mails with a domain's key (RFC 6376): rsa-sha256, relaxed on both sides.</summary>
internal sealed class DkimSigner
{
    // RFC 6376 section 5.4.1, and what RFC 8058 section 4 wants signed. Signed where they are there.
    private static readonly byte[][] SignedFields =
    [
        .. new[]
        {
            "from",
            "to",
            "subject",
            "date",
            "message-id",
            "reply-to",
            "mime-version",
            "content-type",
            "list-unsubscribe",
            "list-unsubscribe-post",
            "list-id",
            "feedback-id",
        }.Select(Encoding.ASCII.GetBytes),
    ];

    // On a line, before it is folded.
    private const int LongestNames = 50;

    // Importing a key takes as long as signing with it. A key that nobody holds any more takes its signer along.
    private static readonly ConditionalWeakTable<DkimKey, DkimSigner> Signers = [];

    [ThreadStatic]
    private static WireBuffer? s_canonical;

    private readonly DkimKey _key;

    // One serves one thread at a time.
    private readonly ConcurrentBag<RSA> _idle = [];

    private DkimSigner(DkimKey key) => _key = key;

    public static DkimSigner Of(DkimKey key) => Signers.GetValue(key, static one => new DkimSigner(one));

    /// <summary>The mail with its signature in front.</summary>
    /// <param name="mail">Headers and body, every line ended with CRLF.</param>
    public byte[] Sign(ReadOnlySpan<byte> mail, DateTimeOffset now)
    {
        var headerLength = mail.IndexOf("\r\n\r\n"u8) + 2;
        var headers = mail[..headerLength];
        var canonical = s_canonical ??= new WireBuffer();

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        canonical.Clear();
        DkimCanonical.Body(canonical, mail[(headerLength + 2)..]);
        SHA256.HashData(canonical.Span, hash);

        canonical.Clear();
        // Named once more than it is there, so that nobody can add another one in front.
        var names = new StringBuilder("from");
        var folded = 0;
        foreach (var name in SignedFields)
        {
            if (!DkimCanonical.Header(canonical, headers, name))
                continue;

            names.Append(':');
            if (names.Length - folded > LongestNames)
            {
                names.Append("\r\n ");
                folded = names.Length;
            }

            names.Append(Encoding.ASCII.GetString(name));
        }

        var field =
            $"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={_key.Domain};\r\n s={_key.Selector}; "
            + $"t={now.ToUnixTimeSeconds()};\r\n h={names};\r\n bh={Convert.ToBase64String(hash)};\r\n b=";
        var unsigned = Encoding.ASCII.GetBytes(field);
        DkimCanonical.Field(canonical, unsigned);
        SHA256.HashData(canonical.Span, hash);
        return Join(unsigned, SignHash(hash), mail);
    }

    private byte[] SignHash(ReadOnlySpan<byte> hash)
    {
        if (!_idle.TryTake(out var rsa))
        {
            rsa = RSA.Create();
            rsa.ImportPkcs8PrivateKey(_key.PrivateKey.Span, out _);
        }

        var signature = rsa.SignHash(hash, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        _idle.Add(rsa);
        return signature;
    }

    /// <summary>The signature in base64, in lines, then the mail.</summary>
    private static byte[] Join(byte[] unsigned, byte[] signature, ReadOnlySpan<byte> mail)
    {
        const int Line = 54;
        const int EncodedLine = 72;
        const int Fold = 3;
        var folds = (signature.Length - 1) / Line;
        var signed = new byte[
            unsigned.Length + Base64.GetMaxEncodedToUtf8Length(signature.Length) + (folds * Fold) + 2 + mail.Length
        ];
        unsigned.CopyTo(signed, 0);
        var at = unsigned.Length;
        for (var from = 0; from < signature.Length; from += Line)
        {
            if (from > 0)
            {
                "\r\n "u8.CopyTo(signed.AsSpan(at));
                at += Fold;
            }

            var piece = signature.AsSpan(from, Math.Min(Line, signature.Length - from));
            Base64.EncodeToUtf8(piece, signed.AsSpan(at, EncodedLine), out _, out var written);
            at += written;
        }

        "\r\n"u8.CopyTo(signed.AsSpan(at));
        mail.CopyTo(signed.AsSpan(at + 2));
        return signed;
    }
}
