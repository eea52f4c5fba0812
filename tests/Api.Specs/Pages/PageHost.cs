using System.Net;
using System.Threading.RateLimiting;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using SchemaHub.Api.Pages;
using SchemaHub.Application;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.Pages;

/// <summary>The public pages on a real server, a real database and a directory of mails.</summary>
internal sealed class PageHost : IAsyncDisposable
{
    public const string Wording = "I want the monthly letter about <b>bread & butter</b>.\nI can stop it at any time.";
    public const string TrackingWording = "You may measure what I open.";

    private readonly TestDatabase? _database;
    private readonly Installation _installation;
    private readonly WebApplication _app;
    private readonly string _directory;

    private PageHost(TestDatabase? database, Installation installation, WebApplication app, string directory)
    {
        _database = database;
        _installation = installation;
        _app = app;
        _directory = directory;
        Clock = app.Services.GetRequiredService<ShiftedClock>();
        Address = new Uri(app.Urls.Single());
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
        {
            BaseAddress = Address,
        };
        Http.DefaultRequestHeaders.Add("User-Agent", "Specs/1.0");
    }

    public HttpClient Http { get; }

    public Uri Address { get; }

    public ShiftedClock Clock { get; }

    /// <param name="mail">A mail server; a directory where null.</param>
    /// <param name="signUps">How many sign-ups the rate limiter lets through.</param>
    /// <param name="server">A server of the spec's own, to be stopped.</param>
    public static async Task<PageHost> Start(
        MailOptions? mail = null,
        int signUps = int.MaxValue,
        string? server = null
    )
    {
        var database = server is null ? await TestDatabase.Create() : null;
        var directory = Path.Combine(Path.GetTempPath(), $"schemahub-pages-{Guid.CreateVersion7():n}");
        var installation = await Installation.Open(
            new NpgsqlConnectionStringBuilder(server ?? database!.ConnectionString),
            Path.Combine(directory, "keys"),
            CancellationToken.None
        );
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddApplication();
        builder.Services.AddInfrastructure(installation);
        builder.Services.AddSingleton<ShiftedClock>();
        builder.Services.AddSingleton<TimeProvider>(provider => provider.GetRequiredService<ShiftedClock>());
        builder.Services.AddMail(mail ?? new MailOptions { Directory = Path.Combine(directory, "mail") });
        builder.Services.AddPages(new Uri("https://lists.example.org"));
        builder.Services.AddRateLimiter(limiter =>
            limiter.AddPolicy(
                PageEndpoints.RateLimit,
                _ =>
                    RateLimitPartition.GetFixedWindowLimiter(
                        "all",
                        _ => new() { PermitLimit = signUps, Window = TimeSpan.FromHours(1) }
                    )
            )
        );
        var app = builder.Build();
        app.UseRateLimiter();
        app.Use(
            (http, next) =>
            {
                var context = new CommandContext
                {
                    Actor = Actors.Public,
                    Ip = http.Connection.RemoteIpAddress,
                    UserAgent = http.Request.Headers.UserAgent,
                    IdempotencyKey = http.Request.Headers["Idempotency-Key"],
                };
                http.RequestServices.GetRequiredService<ScopeCaller>().Set(context);
                return next(http);
            }
        );
        app.MapPages();
        await app.StartAsync();
        return new PageHost(database, installation, app, directory);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
        await _installation.DisposeAsync();
        if (_database is not null)
            await _database.DisposeAsync();

        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Sends a command or query as a program of the organization.</summary>
    public async Task<T> Send<T>(Guid organization, IRequest<T> request)
    {
        await using var scope = _app.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<ScopeCaller>().Set(RunAs.OperatorContext(organization.ToString()));
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(request);
    }

    /// <summary>A new organization with a form.</summary>
    public async Task<TestList> CreateList(
        string title = "The <i>Monthly</i> Letter",
        string language = "en",
        string words = Wording
    )
    {
        var slug = $"list-{Guid.CreateVersion7():n}";
        var organization = await Send(Guid.Empty, new CreateOrganization(slug, slug, $"owner@{slug}.example"));
        var wording = new PublishWording(language, words);
        var tracking = new PublishWording(language, TrackingWording);
        await Send(organization, wording);
        await Send(organization, tracking);
        var form = await Send(
            organization,
            new PublishSignUpForm(
                FormId: null,
                title,
                "newsletter",
                wording.Sha256,
                language,
                tracking.Sha256,
                SenderAddress: null
            )
        );
        return new TestList(this, organization, form.Stream, wording.Sha256, tracking.Sha256);
    }

    /// <summary>The mails sent to an address since last asked.</summary>
    public IReadOnlyList<ReceivedMail> TakeMails(string to)
    {
        var mails = ReceivedMail.Take(Path.Combine(_directory, "mail"));
        mails.ShouldAllBe(mail => mail.To == to);
        return mails;
    }

    /// <summary>Posts a form, as a browser does.</summary>
    public Task<HttpResponseMessage> Post(string path, params (string Name, string Value)[] fields) =>
        Http.PostAsync(
            path,
            new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)))
        );

    /// <summary>
    /// All that the published tables and the log hold of an organization: what may not change by itself.
    /// </summary>
    public Task<List<string>> Snapshot(Guid organization) =>
        Rows(
            """
            select to_jsonb(h)::text from backstage.consent_history h where h.organization_id = $1
            union all select to_jsonb(c)::text from backstage.contacts c where c.organization_id = $1
            union all select e.seq_id::text from events.mt_events e where e.tenant_id = $1::text
            order by 1
            """,
            organization
        );

    /// <summary>First columns of a statement about an organization, as an administrator.</summary>
    public async Task<List<string>> Rows(string sql, Guid organization)
    {
        await using var command = _installation.Administrator.CreateCommand(sql);
        command.Parameters.AddWithValue(organization);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
            rows.Add(reader.GetString(0));

        return rows;
    }
}
