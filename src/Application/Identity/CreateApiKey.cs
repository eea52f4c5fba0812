using System.Security.Cryptography;
using FluentValidation;
using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Records;
using SchemaHub.Domain;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>Makes an API key of the caller's organization. It is shown once, here.</summary>
/// <param name="UserId">
/// The holder: the key opens no more than this member may do. Null: the caller, or the holder of the key that calls; of
/// the operator's making, the owner. A key held by another member than its maker is for programs of the organization.
/// </param>
/// <param name="ExpiresAt">UTC; null where it does not expire.</param>
/// <param name="RotationPolicy"><c>manual</c>, <c>30d</c>, <c>60d</c>, <c>90d</c>, <c>180d</c>, <c>365d</c>.</param>
/// <param name="Scopes">
/// The permissions it carries, as far as its holder and its maker have them. Null: those that the caller has now; of
/// the operator's making, all that its holder has at any time.
/// </param>
[Requires("keys:write")]
public sealed record CreateApiKey(
    string Name,
    bool Test = false,
    string? Description = null,
    Guid? UserId = null,
    DateTimeOffset? ExpiresAt = null,
    string RotationPolicy = RotationPolicies.Manual,
    IReadOnlyList<string>? Scopes = null
) : IRequest<NewApiKey>, IActsOnMember
{
    Guid? IActsOnMember.ActsOn => UserId;
}

/// <summary>A key that was just made, or given another secret.</summary>
/// <param name="Key">The secret; not kept anywhere.</param>
/// <param name="PreviousUntil">UTC; until when the secret before still opens. Null where it does not.</param>
public sealed record NewApiKey(Guid Id, string Key, DateTimeOffset? PreviousUntil = null);

/// <summary>How often a key wants another secret.</summary>
public static class RotationPolicies
{
    /// <summary>Whenever somebody thinks of it.</summary>
    public const string Manual = "manual";

    /// <summary>Every policy there is.</summary>
    public static IReadOnlyList<string> All { get; } = [Manual, "30d", "60d", "90d", "180d", "365d"];

    /// <summary>When the next secret is due, or null.</summary>
    public static DateTimeOffset? After(string policy, DateTimeOffset now) =>
        policy == Manual
            ? null
            : now.AddDays(int.Parse(policy.TrimEnd('d'), System.Globalization.CultureInfo.InvariantCulture));
}

internal sealed class CreateApiKeyValidator : AbstractValidator<CreateApiKey>
{
    private const int MostScopes = 100;

    private static readonly HashSet<string> Known = [.. SystemRoles.PermissionNames];

    public CreateApiKeyValidator(TimeProvider clock)
    {
        RuleFor(command => command.Name).NotEmpty().PlainText(100);
        RuleFor(command => command.Description).Prose(1_000);
        RuleFor(command => command.RotationPolicy).OneOf(RotationPolicies.All);
        RuleFor(command => command.ExpiresAt)
            .Must(at => at is null || at > clock.GetUtcNow())
            .WithMessage("A key cannot expire before it is made.");
        RuleFor(command => command.Scopes)
            .Must(scopes => scopes is null or { Count: > 0 and <= MostScopes })
            .WithMessage("A key without a scope opens nothing: name at least one permission.")
            .Must(scopes => scopes is null || scopes.All(Known.Contains))
            .WithMessage($"A scope is one of {string.Join(", ", Known)}.");
    }
}

internal sealed class CreateApiKeyHandler(
    IEventLog log,
    CommandContext context,
    TimeProvider clock,
    KeyPermissions permissions,
    ApiAccessOptions access
) : IRequestHandler<CreateApiKey, NewApiKey>
{
    public async Task<NewApiKey> Handle(CreateApiKey command, CancellationToken cancellation)
    {
        var organization = await log.Load<Organization, OrganizationEvent>(context.OrganizationId, cancellation);
        access.RequireKeys(organization.State.Plan);
        var maker = await permissions.Maker(cancellation);
        var holder = organization.State.Members.GetValueOrDefault(
            command.UserId ?? maker.Holder ?? organization.State.Owner!.Id
        );
        if (holder is null or { IsSuspended: true })
            throw new NotFoundException("member");

        var scopes = permissions.Given(command.Scopes);
        var id = Guid.CreateVersion7();
        var (key, prefix, hash) = Secret(command.Test);
        var created = new ApiKeyCreated(
            command.Name,
            prefix,
            hash,
            holder.Person.Id,
            holder.Person.Number,
            command.Description,
            command.ExpiresAt?.ToUniversalTime(),
            command.RotationPolicy,
            RotationPolicies.After(command.RotationPolicy, clock.GetUtcNow()),
            scopes,
            maker.Person,
            maker.ByKey
        );
        return await log.Answer(
            () => new NewApiKey(id, key),
            answering => answering.Change<ApiKey, ApiKeyEvent>(id, existing => existing.Create(created), cancellation)
        );
    }

    /// <summary>32 random bytes as hex, after what tells people what they look at.</summary>
    internal static (string Key, string Prefix, string Hash) Secret(bool test)
    {
        const int PrefixCharacters = 12;
        var key = (test ? "sk_test_" : "sk_live_") + RandomNumberGenerator.GetHexString(64, lowercase: true);
        return (key, key[..PrefixCharacters], ContentIds.Sha256(key));
    }
}
