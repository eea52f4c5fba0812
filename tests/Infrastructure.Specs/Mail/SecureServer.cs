using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>
/// A real mail server (aiosmtpd) with a certificate, which knows Ann and her password, or asks who made her token.
/// </summary>
internal sealed class SecureServer : IAsyncDisposable
{
    private const string Script = """
        import asyncio, base64, json, re, ssl, sys, threading, urllib.request
        from aiosmtpd.controller import Controller
        from aiosmtpd.smtp import AuthResult, LoginPassword, SMTP

        settings = json.loads(sys.argv[1])
        # Of answers to challenges; commands have 512 characters at most.
        SMTP.line_length_limit = 16384
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(settings["certificate"], settings["key"])

        class Keep:
            async def handle_DATA(self, server, session, envelope):
                print(json.dumps({
                    "from": envelope.mail_from, "to": envelope.rcpt_tos, "content": envelope.content.decode(),
                    "isEncrypted": session.ssl is not None or settings["implicit"],
                    "isAuthenticated": session.authenticated or False,
                }), flush=True)
                return "250 2.0.0 Ok: queued as 1A2B"

            async def auth_XOAUTH2(self, server, args):
                said = base64.b64decode(args[1]) if len(args) > 1 else await server.challenge_auth("")
                parts = re.fullmatch(rb"user=([^\x01]+)\x01auth=Bearer ([^\x01]+)\x01\x01", said)
                if parts and parts[1] == b"ann@example.org" and await asyncio.to_thread(is_active, parts[2].decode()):
                    return AuthResult(success=True)
                error = {"status": "401", "schemes": "bearer", "scope": "https://mail.google.com/"}
                if await server.challenge_auth(json.dumps(error)) != b"":
                    return AuthResult(success=False, handled=False, message="501 5.5.4 No empty answer")
                return AuthResult(success=False, handled=False, message="535 5.7.8 Token not accepted")

        def is_active(token):
            with urllib.request.urlopen(settings["issuer"], b"token=" + token.encode()) as answer:
                return json.load(answer)["active"]

        def authenticate(server, session, envelope, mechanism, data):
            known = isinstance(data, LoginPassword) and data.login == b"ann" and data.password == "größe".encode()
            return AuthResult(success=known, handled=known)

        controller = Controller(
            Keep(), hostname="127.0.0.1", port=settings["port"], server_hostname="localhost", enable_SMTPUTF8=True,
            ssl_context=context if settings["implicit"] else None,
            tls_context=None if settings["implicit"] else context, require_starttls=not settings["implicit"],
            authenticator=authenticate, auth_required=settings["auth"], auth_require_tls=not settings["implicit"],
            auth_exclude_mechanism=settings["without"])
        controller.start()
        print("ready", flush=True)
        threading.Event().wait()
        """;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly Process _process;
    private readonly string _directory;

    private SecureServer(Process process, string directory, int port)
    {
        _process = process;
        _directory = directory;
        Port = port;
    }

    public int Port { get; }

    /// <summary>The authority of its certificate.</summary>
    public string Certificate => Path.Combine(_directory, "certificate.pem");

    /// <param name="isImplicit">TLS from the first byte, rather than STARTTLS.</param>
    /// <param name="without">Ways to say who one is that it does not offer.</param>
    public static async Task<SecureServer> Start(
        bool isImplicit = false,
        bool needsUser = false,
        params string[] without
    ) => await Start(isImplicit, needsUser, issuer: null, [.. without, "XOAUTH2"]);

    /// <summary>A server that takes tokens.</summary>
    /// <param name="issuer">Knows which ones are valid.</param>
    public static async Task<SecureServer> StartWithTokens(Uri issuer, params string[] without) =>
        await Start(isImplicit: false, needsUser: true, issuer, without);

    private static async Task<SecureServer> Start(bool isImplicit, bool needsUser, Uri? issuer, string[] without)
    {
        if (SmtpServer.Absence is { } reason)
            Assert.Ignore(reason);

        var directory = Directory.CreateTempSubdirectory("schemahub-smtp-").FullName;
        WriteCertificate(directory);
        var port = SmtpServer.FreePort();
        var settings = JsonSerializer.Serialize(
            new
            {
                port,
                certificate = Path.Combine(directory, "certificate.pem"),
                key = Path.Combine(directory, "key.pem"),
                @implicit = isImplicit,
                auth = needsUser,
                without,
                issuer,
            }
        );
        var start = new ProcessStartInfo("/usr/bin/python3") { UseShellExecute = false, RedirectStandardOutput = true };
        foreach (var argument in new[] { "-c", Script, settings })
            start.ArgumentList.Add(argument);

        var process = Process.Start(start)!;
        (await process.StandardOutput.ReadLineAsync()).ShouldBe("ready");
        return new SecureServer(process, directory, port);
    }

    /// <summary>The next mail that came.</summary>
    public async Task<KeptMail> Take() =>
        JsonSerializer.Deserialize<KeptMail>((await _process.StandardOutput.ReadLineAsync())!, Json)!;

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static void WriteCertificate(string directory)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        File.WriteAllText(Path.Combine(directory, "certificate.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(directory, "key.pem"), key.ExportPkcs8PrivateKeyPem());
    }
}

/// <summary>A mail that the server took, and how it came.</summary>
internal sealed record KeptMail(
    string From,
    IReadOnlyList<string> To,
    string Content,
    bool IsEncrypted,
    bool IsAuthenticated
);
