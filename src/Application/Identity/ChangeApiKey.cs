using FluentValidation;
using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>Describes a key anew.</summary>
[Requires("keys:write")]
public sealed record ChangeApiKey(Guid Id, string Name, string? Description, long? ExpectedVersion = null) : ICommand;

/// <summary>Gives a key another secret, which is shown once, here. The one before opens nothing any more.</summary>
[Requires("keys:write")]
public sealed record RotateApiKey(Guid Id) : IRequest<NewApiKey>;

/// <summary>Takes a key back for good.</summary>
[Requires("keys:write")]
public sealed record RevokeApiKey(Guid Id, string? Reason = null) : ICommand;

internal sealed class ChangeApiKeyValidator : AbstractValidator<ChangeApiKey>
{
    public ChangeApiKeyValidator()
    {
        RuleFor(command => command.Name).NotEmpty().PlainText(100);
        RuleFor(command => command.Description).PlainText(1_000);
    }
}

internal sealed class RevokeApiKeyValidator : AbstractValidator<RevokeApiKey>
{
    public RevokeApiKeyValidator() => RuleFor(command => command.Reason).PlainText(1_000);
}

internal sealed class ChangeApiKeyHandler(IEventLog log) : ICommandHandler<ChangeApiKey>
{
    public async Task<Position> Handle(ChangeApiKey command, CancellationToken cancellation)
    {
        await ApiKeyLookup.Require(log, command.Id, cancellation);
        return await log.Change<ApiKey, ApiKeyEvent>(
            command.Id,
            key => key.Describe(command.Name, command.Description),
            cancellation,
            command.ExpectedVersion
        );
    }
}

internal sealed class RotateApiKeyHandler(IEventLog log, TimeProvider clock) : IRequestHandler<RotateApiKey, NewApiKey>
{
    public async Task<NewApiKey> Handle(RotateApiKey command, CancellationToken cancellation)
    {
        var key = await ApiKeyLookup.Require(log, command.Id, cancellation);
        var (secret, prefix, hash) = CreateApiKeyHandler.Secret(key.IsTest);
        await log.Change<ApiKey, ApiKeyEvent>(
            command.Id,
            existing => existing.Rotate(prefix, hash, RotationPolicies.After(key.RotationPolicy, clock.GetUtcNow())),
            cancellation
        );
        return new NewApiKey(command.Id, secret);
    }
}

internal sealed class RevokeApiKeyHandler(IEventLog log) : ICommandHandler<RevokeApiKey>
{
    public async Task<Position> Handle(RevokeApiKey command, CancellationToken cancellation)
    {
        await ApiKeyLookup.Require(log, command.Id, cancellation);
        return await log.Change<ApiKey, ApiKeyEvent>(
            command.Id,
            existing => existing.Revoke(command.Reason),
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
