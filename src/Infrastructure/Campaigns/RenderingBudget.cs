using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// Counts the steps of filling in one mail, on the thread that does. A turn of a loop costs as many steps as there are
/// parts in it, so that a loop that writes nothing is counted too.
/// </summary>
internal static class RenderingBudget
{
    [ThreadStatic]
    private static int t_left;

    [ThreadStatic]
    private static string? t_field;

    [ThreadStatic]
    private static CancellationToken t_cancellation;

    /// <summary>What the last mail cost.</summary>
    public static int Spent => TemplateBudgets.RenderingSteps - Math.Max(0, t_left);

    /// <summary>A mail begins.</summary>
    public static void Begin(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        (t_left, t_cancellation) = (TemplateBudgets.RenderingSteps, cancellation);
    }

    /// <summary>A part of the mail begins.</summary>
    /// <param name="field">What is named where the budget is spent.</param>
    public static void Enter(string field) => t_field = field;

    /// <summary>A turn of a loop begins.</summary>
    /// <exception cref="TemplateTooCostlyException">The budget is spent.</exception>
    public static void Spend(int steps)
    {
        t_cancellation.ThrowIfCancellationRequested();
        t_left -= steps;
        if (t_left < 0)
            throw TemplateTooCostlyException.RenderingSteps(t_field ?? nameof(RenderedMail.Html));
    }
}
