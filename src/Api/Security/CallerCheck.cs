using SchemaHub.Infrastructure.Identity;

namespace SchemaHub.Api.Security;

/// <summary>Looks again who the caller of a long answer is. Answered from memory while nothing changes.</summary>
/// <param name="known">As found when the request came in.</param>
/// <param name="look">Looks the credential of the request up again; null where it opens nothing any more.</param>
internal sealed class CallerCheck(KnownCaller known, Func<CancellationToken, ValueTask<KnownCaller?>> look)
{
    /// <summary>
    /// Whether the credential still opens the same: the same organization, plan and permissions. A change of any of
    /// these ends the answer, and the caller comes again with its new rights.
    /// </summary>
    public async Task<bool> IsCurrent(CancellationToken cancellation) =>
        await look(cancellation) is { } now
        && now.Organization == known.Organization
        && now.Plan == known.Plan
        && now.Access.Permissions.SetEquals(known.Access.Permissions);
}
