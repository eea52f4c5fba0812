using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.Campaigns;
using SchemaHub.Testing;

namespace SchemaHub.Benchmarks;

/// <summary>
/// A campaign from its start to its last outcome, with a durable row for each recipient, to a mail server that takes
/// everything, in a process of its own. Beside it nodemailer with its pool, and our own mails over our own connections
/// without a database: all sign with DKIM, over as many connections.
/// </summary>
internal static class Sends
{
    private const int Mails = 100_000;
    private const int Connections = 16;
    private const int CampaignRounds = 3;
    private const int Megabyte = 1024 * 1024;

    public static async Task Measure(BenchmarkServer server, BenchmarkOptions options, Report report)
    {
        var mails = options.Scaled(Mails);
        await using var sink = await SinkProcess.Start();
        var database = await server.CreateDatabase();
        var keys = Directory.CreateTempSubdirectory("schemahub-benchmark-").FullName;
        await using var service = await TestService.Start(
            server.ConnectionTo(database),
            keys,
            services => TestMailing.AddSending(services, sink.Port, Connections)
        );
        var mailing = await TestMailing.Of(service, await service.CreateOrganization("benchmark"));
        await mailing.LimitSending(100_000_000);
        await mailing.AddContacts(mails);
        await Analyze(service);
        var (values, nodemailers, bares) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round <= CampaignRounds; round++)
        {
            values.Add(mails / await Send(mailing, sink, mails));
            bares.Add(mails / await SendBare(mailing, mails));
            nodemailers.Add(mails / await SendWithNodemailer(sink, mails));
        }

        var value = Median(values);
        report.AddRate("send", "mails/s", (value, Median(nodemailers)));
        report.AddRate("send-bare", "mails/s", (value, Median(bares)));
        report.Add("send-memory", "MB at most", (double)Process.GetCurrentProcess().PeakWorkingSet64 / Megabyte);
        await service.DisposeAsync();
        await server.DropDatabase(database);
        Directory.Delete(keys, recursive: true);
    }

    private static async Task<double> Send(TestMailing mailing, SinkProcess sink, int mails)
    {
        var before = await sink.Count();
        var campaign = await mailing.Draft();
        var start = Stopwatch.GetTimestamp();
        await mailing.Service.Send(mailing.Organization, new StartCampaign(campaign));
        await using (mailing.Node())
            await mailing.WaitFor(campaign, progress => progress.Status == "sent");

        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var taken = await sink.Count() - before;
        return taken == mails
            ? seconds
            : throw new InvalidOperationException($"{taken} mails arrived instead of {mails}.");
    }

    /// <summary>The same mails, each handed over as soon as the one before it was taken.</summary>
    private static async Task<double> SendBare(TestMailing mailing, int mails)
    {
        var services = mailing.Service.Services;
        var provider = services.GetRequiredService<IMailProvider>();
        var links = services.GetRequiredService<IPublicLinks>();
        var sender = await services.GetRequiredService<ISenders>().Find(mailing.Organization, CancellationToken.None);
        var template = services
            .GetRequiredService<ITemplateCompiler>()
            .Compile(TestMailing.Subject, TestMailing.Html, TestMailing.Text);
        var composer = ActivatorUtilities.CreateInstance<CampaignMails>(services, provider, new MailIdentity(null));
        var content = new Domain.Campaigns.CampaignContent(
            TestMailing.Subject,
            TestMailing.Html,
            TestMailing.Text,
            sender!.FromName,
            sender.FromAddress,
            ReplyTo: null,
            sender.PostalAddress
        );
        var campaign = new ActiveCampaign(
            1,
            mailing.Organization,
            "benchmark",
            "newsletter",
            content,
            template,
            sender.Dkim
        );
        var work = new SendChunk(campaign, 1, mails);
        var next = 0;
        return await Rounds.Seconds(() =>
            Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(SendUntilDone)))
        );

        async Task SendUntilDone()
        {
            await using var connection = await provider.Connect(CancellationToken.None);
            while (Interlocked.Increment(ref next) is var i && i <= mails)
            {
                var number = i.ToString(CultureInfo.InvariantCulture);
                var token = i.ToString("x64", CultureInfo.InvariantCulture);
                var mail = new QueuedMail(
                    work,
                    i,
                    1,
                    i,
                    Attempts: 0,
                    Doubts: 0,
                    $"person{number}@example.org",
                    $"Person {number}",
                    Metadata: null,
                    token,
                    IsTracked: false
                );
                if (await connection.Send(composer.Prepare(mail).Mail, CancellationToken.None) is not HandOver.Taken)
                    throw new InvalidOperationException("The sink did not take a mail.");
            }
        }
    }

    private static async Task<double> SendWithNodemailer(SinkProcess sink, int mails)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "Nodemailer");
        if (!Directory.Exists(Path.Combine(folder, "node_modules")))
            await Run("npm", folder, input: null, "ci", "--no-audit", "--no-fund");

        using var key = RSA.Create(2048);
        var settings = new
        {
            port = sink.Port,
            connections = Connections,
            mails,
            html = TestMailing.Html,
            text = TestMailing.Text,
            domain = TestMailing.Domain,
            selector = "benchmark",
            privateKey = key.ExportPkcs8PrivateKeyPem(),
        };
        var seconds = await Run("node", folder, JsonSerializer.Serialize(settings), "send.mjs");
        return double.Parse(seconds, CultureInfo.InvariantCulture);
    }

    private static async Task<string> Run(string program, string folder, string? input, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? output.Trim()
            : throw new InvalidOperationException($"{program} ended with {process.ExitCode}.");
    }

    private static async Task Analyze(TestService service)
    {
        await using var analyze = service.Installation.Administrator.CreateCommand("analyze");
        await analyze.ExecuteNonQueryAsync();
    }

    // The first of each is not counted: code is compiled and caches fill.
    private static double Median(List<double> rates)
    {
        var counted = rates[1..].Order().ToList();
        return counted[counted.Count / 2];
    }
}
