using SchemaHub.Domain;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>
/// Nobody gets by a key what they may not do themselves: neither by making one nor by giving one a secret that they
/// then know. Nobody changes the key of somebody with more rights than their own.
/// </summary>
internal sealed class KeyPermissions(IEventLog log, CommandContext context, Roles roles, PrivilegeGuard guard)
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

    /// <summary>Who answers for a key that the caller makes, or for a secret that the caller is shown.</summary>
    public async Task<KeyMaker> Maker(CancellationToken cancellation)
    {
        if (context.UserId is { } person)
            return new KeyMaker(person, person, ByKey: null);

        if (CallingKey is not { } id)
            return new KeyMaker(Person: null, Holder: null, ByKey: null);

        // A key that the operator made has no maker: its holder answers for what it makes.
        var key = (await log.Load<ApiKey, ApiKeyEvent>(id, cancellation)).State;
        return new KeyMaker(key.Maker ?? key.Holder, key.Holder, id);
    }

    /// <summary>
    /// Refuses a key that opens more than the caller may do, or that somebody with more rights made or holds.
    /// </summary>
    /// <exception cref="RuleBrokenException"><c>api_key.beyond_own</c>.</exception>
    public async Task RequireMayActOn(Guid id, ApiKey key, CancellationToken cancellation)
    {
        if (context.Access.IsOperator)
            return;

        var organization = await log.Load<Organization, OrganizationEvent>(context.OrganizationId, cancellation);
        var opened = await OfHolder(organization.State, key, cancellation);
        RequireOwn(key.Scopes is null ? opened : opened.Intersect(key.Scopes));
        // A key acts for the person who answers for it, within its own scopes.
        var caller = (await Maker(cancellation)).Person;
        if (CallingKey == id || (caller is not null && (key.Maker == caller || key.Holder == caller)))
            return;

        foreach (var somebody in new[] { key.Maker, key.Holder }.OfType<Guid>().Distinct())
        {
            if (!await guard.IsWithin(organization.State, somebody, cancellation))
                throw new RuleBrokenException(
                    "api_key.beyond_own",
                    "A member with more rights than yours, or the owner, made or holds this key: they change it."
                );
        }
    }

    private Guid? CallingKey => Actors.KeyOf(context.Actor);

    private async Task<IEnumerable<string>> OfHolder(
        Organization organization,
        ApiKey key,
        CancellationToken cancellation
    ) =>
        key.Holder is { } holder && organization.Members.TryGetValue(holder, out var member)
            ? await roles.PermissionsOf(member.Role.Slug, cancellation)
            : [];

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

/// <summary>Who answers for a key.</summary>
/// <param name="Person">The maker; null: the operator.</param>
/// <param name="Holder">Who holds the key where nobody is named; null: the owner.</param>
/// <param name="ByKey">The key that makes it.</param>
internal sealed record KeyMaker(Guid? Person, Guid? Holder, Guid? ByKey);
