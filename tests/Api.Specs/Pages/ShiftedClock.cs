namespace SchemaHub.Api.Specs.Pages;

/// <summary>
/// The time of day, moved ahead as a spec says. Unlike <c>FakeTimeProvider</c> it runs on and its timers ring, which
/// the background work of a running host needs.
/// </summary>
internal sealed class ShiftedClock : TimeProvider
{
    private TimeSpan _ahead;

    public void Advance(TimeSpan by) => _ahead += by;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + _ahead;
}
