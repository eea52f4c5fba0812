namespace SchemaHub.Api.Specs.Support;

/// <summary>A spec with a new organization of its own on the shared service.</summary>
public abstract class TenantSpec
{
    private TestTenant? _ours;

    private protected TestTenant Ours => _ours ?? throw new InvalidOperationException("The spec has not started.");

    [SetUp]
    public async Task NewTenant() => _ours = await Shared.Api.NewTenant();

    [TearDown]
    public void Dispose() => _ours?.Dispose();
}
