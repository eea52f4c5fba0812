using System.Net.Http.Headers;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.Support;

/// <summary>The whole service over real HTTP, on a database and a keys directory of its own.</summary>
public sealed class TestApi : IAsyncDisposable
{
    private readonly TestDatabase _database;
    private readonly string _keysDirectory;

    private TestApi(TestDatabase database, string keysDirectory, Installation installation, WebApplication app)
    {
        _database = database;
        _keysDirectory = keysDirectory;
        Installation = installation;
        App = app;
    }

    public Installation Installation { get; }

    public WebApplication App { get; }

    /// <summary>Where it listens.</summary>
    public Uri Address => new(App.Urls.First());

    public static async Task<TestApi> Start(ApiOptions? options = null, Action<WebApplicationBuilder>? customize = null)
    {
        var database = await TestDatabase.Create();
        var keys = Directory.CreateTempSubdirectory("schemahub-keys-").FullName;
        var installation = await Installation.Open(
            new NpgsqlConnectionStringBuilder(database.ConnectionString),
            keys,
            CancellationToken.None
        );
        var app = ApiHost.Create(
            installation,
            (options ?? new ApiOptions()) with
            {
                Urls = "http://127.0.0.1:0",
            },
            customize
        );
        await app.StartAsync();
        return new TestApi(database, keys, installation, app);
    }

    /// <summary>A new organization and a client with a key of it.</summary>
    public async Task<TestTenant> NewTenant()
    {
        var slug = $"t{Guid.CreateVersion7():n}";
        var organization = await Send(Guid.Empty, new CreateOrganization(slug, slug, $"owner@{slug}.example"));
        var key = await Send(organization, new CreateApiKey("spec"));
        var client = NewClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Key);
        return new TestTenant(organization, key, client);
    }

    /// <summary>A client without a key.</summary>
    public HttpClient NewClient() => new() { BaseAddress = Address };

    /// <summary>Sends a command or query past HTTP.</summary>
    public async Task<T> Send<T>(Guid organization, IRequest<T> request)
    {
        await using var scope = App.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<CommandContext>().Tenant =
            organization == Guid.Empty ? Tenant.System : organization.ToString();
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(request);
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await Installation.DisposeAsync();
        await _database.DisposeAsync();
        Directory.Delete(_keysDirectory, recursive: true);
    }
}
