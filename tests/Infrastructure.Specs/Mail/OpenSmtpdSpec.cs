using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>A mail server as people run it, Debian's OpenSMTPD, takes our mail and delivers it to a mailbox.</summary>
[TestFixture]
[NonParallelizable]
public sealed class OpenSmtpdSpec
{
    private const string Program = "/usr/sbin/smtpd";

    private static readonly TimeSpan LongestDelivery = TimeSpan.FromSeconds(30);

    private readonly int _port = SmtpServer.FreePort();
    private string _directory = "";
    private Process? _process;

    private string Arrived => Path.Combine(_directory, "mail", "new");

    [OneTimeSetUp]
    public async Task Start()
    {
        if (!File.Exists(Program) || !Environment.IsPrivilegedProcess)
            Assert.Ignore("OpenSMTPD is not installed (Debian: opensmtpd), or this is not root, who alone starts it.");

        if (StrictParser.Absence is { } reason)
            Assert.Ignore(reason);

        // Delivered in the name of a user without rights, who must get there.
        _directory = Directory.CreateTempSubdirectory("schemahub-opensmtpd-").FullName;
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_directory, (UnixFileMode)0b111_111_111);
        var configuration = Path.Combine(_directory, "smtpd.conf");
        await File.WriteAllTextAsync(
            configuration,
            $$"""
            table everybody { "@" = "nobody" }
            listen on 127.0.0.1 port {{_port}}
            action "keep" maildir "{{_directory}}/mail" virtual <everybody>
            match from any for any action "keep"

            """
        );
        _process = Process.Start(
            new ProcessStartInfo(Program, ["-d", "-f", configuration])
            {
                UseShellExecute = false,
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            }
        )!;
        // Nobody needs what it says, and a full pipe would stop it.
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        await Until(async () =>
        {
            _process.HasExited.ShouldBeFalse("smtpd ended");
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", _port);
            return true;
        });
    }

    [OneTimeTearDown]
    public async Task End()
    {
        if (_process is not null)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        if (_directory.Length > 0)
            Directory.Delete(_directory, recursive: true);
    }

    [Test]
    public async Task It_takes_signed_mails_and_delivers_them_unchanged()
    {
        const int count = 20;
        var provider = new SmtpProvider(
            new MailOptions
            {
                Host = "127.0.0.1",
                Port = _port,
                StartTls = false,
            },
            TimeProvider.System
        );
        await using (var connection = await provider.Connect(CancellationToken.None))
        {
            for (var number = 0; number < count; number++)
            {
                var mail = Mails.ToAnn with
                {
                    MessageId = $"number{number}@list.example",
                    Text = $"Number {number}.\n.\n..\n",
                    Dkim = Mails.Key,
                };
                (
                    await connection.Send(provider.Prepare(mail), CancellationToken.None)
                ).ShouldBeOfType<HandOver.Taken>();
            }
        }

        await Until(() => Task.FromResult(Directory.Exists(Arrived) && Directory.GetFiles(Arrived).Length == count));
        using var parser = new StrictParser();
        var seen = Directory.GetFiles(Arrived).Select(file => parser.Look(OnTheWire(file), Mails.Record)).ToList();
        seen.ShouldAllBe(mail => mail.Signed == true);
        seen.Select(mail => mail.Text)
            .ShouldBe(
                Enumerable.Range(0, count).Select(number => $"Number {number}.\r\n.\r\n..\r\n"),
                ignoreOrder: true
            );
        seen.ShouldAllBe(mail => mail.Header("Return-Path") == "<" + Mails.ToAnn.ReturnPath + ">");
    }

    // A mailbox ends lines as its system does.
    private static byte[] OnTheWire(string file) =>
        Encoding.ASCII.GetBytes(File.ReadAllText(file).Replace("\n", "\r\n", StringComparison.Ordinal));

    private static async Task Until(Func<Task<bool>> isTrue)
    {
        using var late = new CancellationTokenSource(LongestDelivery);
        while (true)
        {
            try
            {
                if (await isTrue())
                    return;
            }
            catch (SocketException)
            {
                // It does not listen yet.
            }

            await Task.Delay(50, late.Token);
        }
    }
}
