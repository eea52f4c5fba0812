using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Testing;

/// <summary>The service without its HTTP: the same registrations, on a database and a keys directory of a spec's own.</summary>
public sealed class TestService : IAsyncDisposable
{
    private readonly ServiceProvider _provider;

    private TestService(Installation installation, ServiceProvider provider)
    {
        Installation = installation;
        _provider = provider;
    }

    public Installation Installation { get; }

    public IServiceProvider Services => _provider;

    /// <param name="customize">Replaces registrations, such as the clock.</param>
    public static async Task<TestService> Start(
        string connectionString,
        string keysDirectory,
        Action<IServiceCollection>? customize = null,
        bool restoring = false
    )
    {
        var installation = await Installation.Open(
            new NpgsqlConnectionStringBuilder(connectionString),
            keysDirectory,
            CancellationToken.None,
            restoring
        );
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddApplication();
        services.AddInfrastructure(installation);
        customize?.Invoke(services);
        return new TestService(installation, services.BuildServiceProvider());
    }

    /// <summary>Sends a command or query as a caller of the tenant.</summary>
    public async Task<T> Send<T>(Guid organization, IRequest<T> request, Action<CommandContext>? caller = null)
    {
        await using var scope = _provider.CreateAsyncScope();
        var context = scope.ServiceProvider.GetRequiredService<CommandContext>();
        context.Tenant = organization == Guid.Empty ? Tenant.System : organization.ToString();
        caller?.Invoke(context);
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(request);
    }

    /// <summary>A new organization.</summary>
    public Task<Guid> CreateOrganization(string slug) =>
        Send(Guid.Empty, new CreateOrganization(slug, slug, $"owner@{slug}.example"));

    public async ValueTask DisposeAsync()
    {
        await _provider.DisposeAsync();
        await Installation.DisposeAsync();
    }
}
