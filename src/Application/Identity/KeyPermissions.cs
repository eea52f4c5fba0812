using SchemaHub.Domain;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>
/// Nobody gets by a key what they may not do themselves: neither by making one nor by giving one a secret that they
/// then know.
/// </summary>
internal sealed class KeyPermissions(IEventLog log, CommandContext context, Roles roles)
{
    /// <summary>The scopes of a key that the caller makes.</summary>
    /// <param name="scopes">As asked for, or null.</param>
    /// <returns>Null: all that its holder has; only of the operator's making.</returns>
    /// <exception cref="RuleBrokenException"><c>api_key.beyond_own</c>.</exception>
    public IReadOnlyList<string>? Given(IReadOnlyList<string>? scopes)
    {
        if (scopes is not null)
            RequireOwn(scopes);

        // What its holder gets later is not the caller's to have: the caller knows the secret.
        scopes ??= context.Access.IsOperator ? null : [.. context.Access.Permissions];
        return scopes is null ? null : [.. scopes.Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>Makes sure that a key opens nothing that the caller may not do.</summary>
    /// <exception cref="RuleBrokenException"><c>api_key.beyond_own</c>.</exception>
    public async Task RequireToOpenNoMore(ApiKey key, CancellationToken cancellation)
    {
        if (context.Access.IsOperator)
            return;

        var holders = await OfHolder(key, cancellation);
        RequireOwn(key.Scopes is null ? holders : holders.Intersect(key.Scopes));
    }

    private async Task<IEnumerable<string>> OfHolder(ApiKey key, CancellationToken cancellation)
    {
        var organization = await log.Load<Organization, OrganizationEvent>(context.OrganizationId, cancellation);
        if (key.Holder is not { } holder || !organization.State.Members.TryGetValue(holder, out var member))
            return [];

        return await roles.PermissionsOf(member.Role.Slug, cancellation);
    }

    private void RequireOwn(IEnumerable<string> permissions)
    {
        var beyond = permissions.Where(permission => !context.Access.May(permission)).Order(StringComparer.Ordinal);
        var named = string.Join(", ", beyond);
        if (named.Length > 0)
            throw new RuleBrokenException(
                "api_key.beyond_own",
                $"A key may do no more than who makes it or replaces its secret: not {named}."
            );
    }
}
