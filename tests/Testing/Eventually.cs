using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace SchemaHub.Testing;

/// <summary>Waits for what another task, process or node is about to do, and fails where it does not.</summary>
public static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Waits until a condition holds.</summary>
    /// <param name="patience">A minute where null.</param>
    /// <exception cref="TimeoutException">It does not hold in time; it is named.</exception>
    public static async Task True(
        Func<Task<bool>> condition,
        TimeSpan? patience = null,
        [CallerArgumentExpression(nameof(condition))] string text = ""
    )
    {
        var longest = patience ?? Patience;
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            if (waited.Elapsed > longest)
                throw new TimeoutException($"Not within {longest.TotalSeconds:0.#} seconds: {text}");

            await Task.Delay(5);
        }
    }

    /// <inheritdoc cref="True(Func{Task{bool}}, TimeSpan?, string)"/>
    public static Task True(
        Func<bool> condition,
        TimeSpan? patience = null,
        [CallerArgumentExpression(nameof(condition))] string text = ""
    ) => True(() => Task.FromResult(condition()), patience, text);
}
