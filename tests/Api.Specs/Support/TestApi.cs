using System.Net.Http.Headers;
using System.Text;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.Support;

/// <summary>The whole service over real HTTP.</summary>
public sealed class TestApi : IAsyncDisposable
{
    private readonly (TestDatabase? Database, string Keys)? _own;

    private TestApi(Installation installation, WebApplication app, (TestDatabase? Database, string Keys)? own)
    {
        Installation = installation;
        App = app;
        _own = own;
    }

    public Installation Installation { get; }

    public WebApplication App { get; }

    /// <summary>Where it listens.</summary>
    public Uri Address => new(App.Urls.First());

    /// <summary>On a database of its own.</summary>
    /// <param name="server">The administrator's connection to a server of the spec's own.</param>
    public static async Task<TestApi> StartAlone(
        string? server = null,
        Action<WebApplicationBuilder>? customize = null,
        ApiOptions? options = null
    )
    {
        var database = server is null ? await TestDatabase.Create() : null;
        var keys = Directory.CreateTempSubdirectory("schemahub-keys-").FullName;
        var installation = await Installation.Open(
            new NpgsqlConnectionStringBuilder(database?.ConnectionString ?? server),
            keys,
            CancellationToken.None
        );
        return await Start(installation, options ?? new ApiOptions(), customize, own: (database, keys));
    }

    /// <summary>A second node on the shared service's database, with settings and routes of its own.</summary>
    public static Task<TestApi> StartBeside(
        ApiOptions? options = null,
        Action<WebApplicationBuilder>? customize = null,
        Action<WebApplication>? map = null
    ) => Start(Shared.Api.Installation, options ?? new ApiOptions(), customize, map);

    private static async Task<TestApi> Start(
        Installation installation,
        ApiOptions options,
        Action<WebApplicationBuilder>? customize = null,
        Action<WebApplication>? map = null,
        (TestDatabase? Database, string Keys)? own = null
    )
    {
        if (options.Urls == new ApiOptions().Urls)
            options = options with { Urls = "http://127.0.0.1:0" };

        // Mail is left beside the keys, and goes with them.
        var mail = new MailOptions
        {
            Directory = Path.Combine(installation.Keys.Directory, "mail"),
            DnsServer = Shared.Dns.Address,
        };
        options = options with { Mail = mail };

        var app = ApiHost.Create(installation, options, customize);
        map?.Invoke(app);
        await app.StartAsync();
        return new TestApi(installation, app, own);
    }

    /// <summary>A new organization with many seats, and a client with a key of it.</summary>
    public async Task<TestTenant> NewTenant()
    {
        var slug = $"t{Guid.CreateVersion7():n}";
        var organization = await Send(
            Guid.Empty,
            new CreateOrganization(slug, slug, $"owner@{slug}.example", Plan: "business", Seats: 1_000)
        );
        var key = await Send(organization, new CreateApiKey("spec"));
        var client = NewClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Key);
        return new TestTenant(organization, key, client);
    }

    /// <summary>A client without a key.</summary>
    public HttpClient NewClient() =>
        new(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 })
        {
            BaseAddress = Address,
        };

    /// <summary>Sends a command or query past HTTP.</summary>
    public async Task<T> Send<T>(Guid organization, IRequest<T> request)
    {
        await using var scope = App.Services.CreateAsyncScope();
        scope
            .ServiceProvider.GetRequiredService<ScopeCaller>()
            .Set(RunAs.OperatorContext(organization == Guid.Empty ? Tenant.System : organization.ToString()));
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(request);
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        if (_own is not { } own)
            return;

        await Installation.DisposeAsync();
        if (own.Database is not null)
            await own.Database.DisposeAsync();

        Directory.Delete(own.Keys, recursive: true);
    }
}
