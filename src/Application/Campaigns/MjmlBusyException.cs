namespace SchemaHub.Application.Campaigns;

/// <summary>MJML is not compiled now, since too much of it is waiting; nothing is wrong with the template.</summary>
/// <param name="isOfCaller">The caller's organization fills its own share of the queue; others are served.</param>
public sealed class MjmlBusyException(bool isOfCaller)
    : Exception(
        isOfCaller
            ? "Too many templates of your organization wait to be compiled. Repeat the request in a while."
            : "Too many templates wait to be compiled. Repeat the request in a while."
    )
{
    /// <inheritdoc cref="MjmlBusyException(bool)" path="/param[@name='isOfCaller']"/>
    public bool IsOfCaller { get; } = isOfCaller;

    /// <summary>When it is worth trying again.</summary>
    public TimeSpan RetryAfter { get; } = TimeSpan.FromSeconds(5);
}
