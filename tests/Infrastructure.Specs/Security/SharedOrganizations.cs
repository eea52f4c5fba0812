namespace SchemaHub.Infrastructure.Specs.Security;

/// <summary>
/// Made once for all specifications here: what they try is refused or undone, so none disturbs another.
/// </summary>
[SetUpFixture]
public sealed class SharedOrganizations
{
    internal static Organizations Current { get; private set; } = null!;

    [OneTimeSetUp]
    public static async Task Make() => Current = await Organizations.Create();

    [OneTimeTearDown]
    public static async Task Leave() => await Current.DisposeAsync();
}
