using System.Globalization;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs;

/// <summary>Specs that share one service, each with an organization of its own.</summary>
public abstract class OrganizationSpec
{
    private static int s_organizations;

    protected TestService Service { get; private set; } = null!;

    protected Guid Acme { get; private set; }

    [OneTimeSetUp]
    public async Task Start() => Service = await TestService.Create();

    [OneTimeTearDown]
    public async Task Stop() => await Service.DisposeAsync();

    [SetUp]
    public async Task Found() => Acme = await NewOrganization("acme");

    protected Task<Guid> NewOrganization(string name) =>
        Service.CreateOrganization(
            string.Create(CultureInfo.InvariantCulture, $"{name}{Interlocked.Increment(ref s_organizations)}")
        );
}
