namespace SchemaHub.Application.Access;

/// <summary>
/// What was decided on requests, for <c>podcast.access_logs</c>: all that were refused, and some of those that were
/// allowed. Never waits.
/// </summary>
public interface IAccessLog
{
    /// <summary>A request was allowed.</summary>
    /// <param name="permission">By which permission, as <c>resource:action</c>.</param>
    void Allowed(CommandContext context, string permission, object request);

    /// <summary>A request was refused.</summary>
    /// <param name="permission">The permission that was missing, as <c>resource:action</c>.</param>
    /// <param name="reason">In words; names no person.</param>
    void Denied(CommandContext context, string permission, object request, string reason);
}
