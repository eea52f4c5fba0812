using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>A real mail server (aiosmtpd) with a certificate, which knows Ann and her password.</summary>
internal sealed class SecureServer : IAsyncDisposable
{
    private const string Script = """
        import json, ssl, sys, threading
        from aiosmtpd.controller import Controller
        from aiosmtpd.smtp import AuthResult, LoginPassword

        settings = json.loads(sys.argv[1])
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
    )
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
