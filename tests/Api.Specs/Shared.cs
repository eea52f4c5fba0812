using SchemaHub.Api.Specs.Support;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs;

/// <summary>One service for all specs that need nothing of their own but organizations.</summary>
[SetUpFixture]
public sealed class Shared
{
    private static TestApi? _api;

    public static TestApi Api => _api ?? throw new InvalidOperationException("The shared service has not started.");

    /// <summary>The only DNS that the service under test asks.</summary>
    public static DnsServer Dns { get; } = new();

    [OneTimeSetUp]
    public static async Task Start() => _api = await TestApi.StartAlone();

    [OneTimeTearDown]
    public static async Task Stop()
    {
        if (_api is not null)
            await _api.DisposeAsync();

        await Dns.DisposeAsync();
        await TestServer.Stop();
    }
}
