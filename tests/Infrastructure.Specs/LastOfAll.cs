using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs;

/// <summary>What is left to do after the last spec.</summary>
[SetUpFixture]
public sealed class LastOfAll
{
    [OneTimeTearDown]
    public static Task RemoveContainer() => TestServer.Stop();
}
