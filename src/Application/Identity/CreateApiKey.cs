using System.Security.Cryptography;
using FluentValidation;
using MediatR;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>Makes an API key of the caller's organization. It is shown once, here.</summary>
public sealed record CreateApiKey(string Name, bool Test = false) : IRequest<NewApiKey>;

/// <summary>A key that was just made.</summary>
/// <param name="Key">The secret; not kept anywhere.</param>
public sealed record NewApiKey(Guid Id, string Key);

internal sealed class CreateApiKeyValidator : AbstractValidator<CreateApiKey>
{
    public CreateApiKeyValidator() => RuleFor(command => command.Name).NotEmpty().PlainText(100);
}

internal sealed class CreateApiKeyHandler(IEventLog log) : IRequestHandler<CreateApiKey, NewApiKey>
{
    private const int PrefixCharacters = 12;

    public async Task<NewApiKey> Handle(CreateApiKey command, CancellationToken cancellation)
    {
        var id = Guid.CreateVersion7();
        var key = (command.Test ? "sk_test_" : "sk_live_") + RandomNumberGenerator.GetHexString(64, lowercase: true);
        await log.Change<ApiKey, ApiKeyEvent>(
            id,
            existing => existing.Create(command.Name, key[..PrefixCharacters], ContentIds.Sha256(key)),
            cancellation
        );
        return new NewApiKey(id, key);
    }
}
