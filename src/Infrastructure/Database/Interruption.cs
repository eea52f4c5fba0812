namespace SchemaHub.Infrastructure.Database;

/// <summary>Steps of a start at which a spec ends the process; nothing otherwise.</summary>
internal static class Interruption
{
    private static readonly AsyncLocal<Action<string>?> Hook = new();

    /// <summary>Told of each step that this flow of execution comes to.</summary>
    public static Action<string>? Reached
    {
        get => Hook.Value;
        set => Hook.Value = value;
    }

    /// <summary>A step was done.</summary>
    public static void At(string step) => Hook.Value?.Invoke(step);
}
