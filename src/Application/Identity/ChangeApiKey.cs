using FluentValidation;
using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Records;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>Describes a key anew.</summary>
[Requires("keys:write")]
public sealed record ChangeApiKey(Guid Id, string Name, string? Description, long? ExpectedVersion = null) : ICommand;

/// <summary>Gives a key another secret, which is shown once, here.</summary>
/// <param name="GraceHours">
/// How long the secret before still opens: 0 to 168, 0 after a leak. Null: 24 where the key has a rotation policy, 0
/// where it has none.
/// </param>
[Requires("keys:write")]
public sealed record RotateApiKey(Guid Id, int? GraceHours = null) : IRequest<NewApiKey>;

/// <summary>Takes a key back for good, and the keys that were made with it.</summary>
[Requires("keys:write")]
public sealed record RevokeApiKey(Guid Id, string? Reason = null) : ICommand;

internal sealed class ChangeApiKeyValidator : AbstractValidator<ChangeApiKey>
{
    public ChangeApiKeyValidator()
    {
        RuleFor(command => command.Name).NotEmpty().PlainText(100);
        RuleFor(command => command.Description).Prose(1_000);
    }
}

internal sealed class RotateApiKeyValidator : AbstractValidator<RotateApiKey>
{
    public RotateApiKeyValidator() =>
        RuleFor(command => command.GraceHours).InclusiveBetween(0, (int)ApiKey.MostGrace.TotalHours);
}

internal sealed class RevokeApiKeyValidator : AbstractValidator<RevokeApiKey>
{
    public RevokeApiKeyValidator() => RuleFor(command => command.Reason).PlainText(1_000);
}

internal sealed class ChangeApiKeyHandler(IEventLog log, KeyPermissions permissions) : ICommandHandler<ChangeApiKey>
{
    public async Task<Position> Handle(ChangeApiKey command, CancellationToken cancellation)
    {
        var key = await ApiKeyLookup.Require(log, command.Id, cancellation);
        await permissions.RequireMayActOn(command.Id, key, cancellation);
        return await log.Change<ApiKey, ApiKeyEvent>(
            command.Id,
            key => key.Describe(command.Name, command.Description),
            cancellation,
            command.ExpectedVersion
        );
    }
}

internal sealed class RotateApiKeyHandler(IEventLog log, TimeProvider clock, KeyPermissions permissions)
    : IRequestHandler<RotateApiKey, NewApiKey>
{
    public async Task<NewApiKey> Handle(RotateApiKey command, CancellationToken cancellation)
    {
        var key = await ApiKeyLookup.Require(log, command.Id, cancellation);
        await permissions.RequireMayActOn(command.Id, key, cancellation);
        // Who is shown the secret answers for it from now on: it opens nothing once they are no member.
        var maker = await permissions.Maker(cancellation);
        var (secret, prefix, hash) = CreateApiKeyHandler.Secret(key.IsTest);
        var now = clock.GetUtcNow();
        var grace = command.GraceHours is { } hours ? TimeSpan.FromHours(hours) : (TimeSpan?)null;
        var next = RotationPolicies.After(key.RotationPolicy, now);
        DateTimeOffset? previousUntil = null;
        return await log.Answer(
            () => new NewApiKey(command.Id, secret, previousUntil),
            answering =>
                answering.Change<ApiKey, ApiKeyEvent>(
                    command.Id,
                    existing =>
                    {
                        var rotated = existing.Rotate(prefix, hash, next, grace, now, maker.Person);
                        previousUntil = rotated.OfType<ApiKeyRotated>().Last().PreviousUntil;
                        return rotated;
                    },
                    cancellation
                )
        );
    }
}

internal sealed class RevokeApiKeyHandler(
    IEventLog log,
    IKeyDirectory keys,
    KeyPermissions permissions,
    CommandContext context
) : ICommandHandler<RevokeApiKey>
{
    public async Task<Position> Handle(RevokeApiKey command, CancellationToken cancellation)
    {
        var key = await ApiKeyLookup.Require(log, command.Id, cancellation);
        await permissions.RequireMayActOn(command.Id, key, cancellation);
        return await log.ChangeTogether(
            async changes =>
            {
                var made = await keys.LivingMadeBy(context.OrganizationId, command.Id, cancellation);
                await changes.ChangeEach(made, (ApiKey one) => one.Revoke("The key that made it was revoked."));
                await changes.Change<ApiKey, ApiKeyEvent>(command.Id, existing => existing.Revoke(command.Reason));
            },
            cancellation
        );
    }
}

internal static class ApiKeyLookup
{
    /// <exception cref="NotFoundException">No key of the caller's organization.</exception>
    public static async Task<ApiKey> Require(IEventLog log, Guid id, CancellationToken cancellation)
    {
        var key = await log.Load<ApiKey, ApiKeyEvent>(id, cancellation);
        return key.State.IsCreated ? key.State : throw new NotFoundException("api_key");
    }
}
