using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure.Campaigns;
using SchemaHub.Infrastructure.Mail;

namespace SchemaHub.Testing;

/// <summary>
/// An organization that is ready to send: a verified domain, a template, contacts who agreed, and a mail server that
/// keeps what it is sent. Any number of nodes send.
/// </summary>
public sealed class TestMailing : IAsyncDisposable
{
    public const string Domain = "night-train.example";

    public const string Subject = "Hello {{name}}";

    public const string Html = """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>Letter</title></head><body><h1>Hello {{name}}</h1>
        <p>This week on the night train: three interviews, two recordings from the archive, and a map.</p>
        <p><a href="https://night-train.example/this-week">Listen now</a></p>
        <p>{{postal_address}}</p><p><a href="{{unsubscribe_url}}">Unsubscribe</a></p></body></html>
        """;

    public const string Text = """
        Hello {{name}}

        This week on the night train: three interviews, two recordings from the archive, and a map.

        Listen now: https://night-train.example/this-week

        {{postal_address}}
        Unsubscribe: {{unsubscribe_url}}
        """;

    private readonly MailSink? _sink;

    private TestMailing(TestService service, Guid organization, MailSink? sink) =>
        (Service, Organization, _sink) = (service, organization, sink);

    public TestService Service { get; }

    /// <summary>Where its mails end up.</summary>
    public MailSink Sink => _sink ?? throw new InvalidOperationException("The mail server is somewhere else.");

    public Guid Organization { get; }

    public int TemplateId { get; private set; }

    /// <summary>Makes it all.</summary>
    /// <param name="sink">The mail server; one of its own where left out.</param>
    public static async Task<TestMailing> Create(
        int connections = 4,
        MailSink? sink = null,
        Action<IServiceCollection>? customize = null
    )
    {
        sink ??= new MailSink();
        var service = await TestService.Create(services =>
        {
            AddSending(services, sink.Port, connections);
            customize?.Invoke(services);
        });
        return await Of(service, await service.CreateOrganization("night-train"), sink);
    }

    /// <summary>Makes an organization of a service ready to send.</summary>
    public static async Task<TestMailing> Of(TestService service, Guid organization, MailSink? sink = null)
    {
        var mailing = new TestMailing(service, organization, sink);
        await mailing.Prepare();
        return mailing;
    }

    /// <summary>An organization that was made ready before, on another service or a restored database.</summary>
    public static TestMailing Again(TestService service, TestMailing before) =>
        new(service, before.Organization, before._sink) { TemplateId = before.TemplateId };

    /// <summary>What a node needs beside the service without its HTTP.</summary>
    public static void AddSending(IServiceCollection services, int port, int connections)
    {
        services.AddMail(
            new MailOptions
            {
                Host = "127.0.0.1",
                Port = port,
                StartTls = false,
                From = $"service@{Domain}",
                Connections = connections,
            }
        );
        services.AddSingleton<IPublicLinks>(new TestLinks("https://mail.example"));
    }

    /// <summary>Contacts <c>person1@…</c> to <c>person{count}@…</c>, subscribed.</summary>
    public async Task AddContacts(int count, int from = 1, string domain = "example.org")
    {
        var wording = new PublishWording("en", "Write to me.");
        await Service.Send(Organization, wording);
        var csv = new StringBuilder("email,name,city\n");
        for (var i = from; i < from + count; i++)
        {
            var city = i % 2 == 0 ? "Bern" : "Basel";
            csv.Append(CultureInfo.InvariantCulture, $"person{i}@{domain},Person {i},{city}\n");
        }

        await using var file = new MemoryStream(Encoding.UTF8.GetBytes(csv.ToString()));
        var result = await Service.Send(
            Organization,
            new ImportContacts(
                file,
                new ContactFileOptions(),
                Basis: SchemaHub.Domain.Contacts.LegalBases.Consent,
                Wording: wording.Sha256,
                Language: "en"
            )
        );
        if (result.Counts.Consents != count)
            throw new InvalidOperationException($"Only {result.Counts.Consents} contacts came in.");
    }

    /// <summary>A draft of a campaign; answers its id.</summary>
    public async Task<int> Draft(string? subject = null, string purpose = "newsletter", string? filter = null)
    {
        var position = await Service.Send(
            Organization,
            new DraftCampaign(
                CampaignId: null,
                "Spring",
                TemplateId,
                subject,
                purpose,
                filter is null ? null : System.Text.Json.JsonDocument.Parse(filter).RootElement
            )
        );
        return checked((int)position.Number);
    }

    /// <summary>A campaign that has begun; answers its id.</summary>
    public async Task<int> Start(string? filter = null)
    {
        var id = await Draft(filter: filter);
        await Service.Send(Organization, new StartCampaign(id));
        return id;
    }

    /// <summary>Lets another node send, until it is disposed.</summary>
    public SendingNode Node(TestService? service = null) => new(service ?? Service);

    public Task<CampaignProgress> Progress(int campaign) => Service.Send(Organization, new GetProgress(campaign));

    /// <summary>Waits until a campaign is as it should be; a spec that hangs is ended by its runner.</summary>
    public async Task<CampaignProgress> WaitFor(int campaign, Func<CampaignProgress, bool> condition)
    {
        while (true)
        {
            var progress = await Progress(campaign);
            if (condition(progress))
                return progress;

            await Task.Delay(20);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        if (_sink is not null)
            await _sink.DisposeAsync();
    }

    private async Task Prepare()
    {
        await Service.Send(Organization, new AddSenderDomain(Domain));
        await Service.Send(Organization, new TrustSenderDomain(Domain));
        await Service.Send(
            Organization,
            new DescribeSender("Night Train", $"news@{Domain}", ReplyTo: null, "1 Main Street, Bern")
        );
        var template = await Service.Send(Organization, new SaveTemplate("Letter", Subject, Html));
        TemplateId = checked((int)template.Number);
        await LimitSending(1_000_000);
    }

    /// <summary>How many mails a day the organization's owner may send.</summary>
    public async Task LimitSending(int mailsPerDay)
    {
        var members = await Service.Send(Organization, new ListMembers());
        await Service.Send(Guid.Empty, new LimitSending(members.Items[0].Id, mailsPerDay));
    }
}

/// <summary>A node that sends until it is disposed.</summary>
public sealed class SendingNode : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    public SendingNode(TestService service)
    {
        var sender = service.Services.GetRequiredService<CampaignSender>();
        _running = Task.Run(() => sender.RunAsync(_stopping.Token));
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }
}
