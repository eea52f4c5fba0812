using System.Security.Cryptography;
using System.Text.Json;
using FluentValidation;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>Puts an address on the list, with the consent it brought, if any.</summary>
/// <param name="Metadata">A JSON object of the organization's own, at most 16 kB.</param>
public sealed record AddContact(
    string Email,
    string? Name = null,
    JsonElement? Metadata = null,
    ConsentInput? Consent = null,
    string Source = Sources.Api
) : ICommand;

internal sealed class AddContactValidator : AbstractValidator<AddContact>
{
    public AddContactValidator(IValidator<ConsentInput> consents)
    {
        RuleFor(command => command.Email).EmailAddress();
        RuleFor(command => command.Name).PlainText(255);
        RuleFor(command => command.Metadata).Metadata();
        RuleFor(command => command.Consent!).SetValidator(consents).When(command => command.Consent is not null);
        RuleFor(command => command.Source).OneOf(Sources.All);
    }
}

internal sealed class AddContactHandler(IEventLog log, IKeyedIds ids, CommandContext context, Wordings wordings)
    : ICommandHandler<AddContact>
{
    public async Task<Position> Handle(AddContact command, CancellationToken cancellation)
    {
        await wordings.RequirePublished(command.Consent?.Wording, cancellation);
        var address = EmailAddress.Parse(command.Email);
        var added = new ContactAdded(
            command.Source,
            ImportId: null,
            command.Consent?.ToConsent(),
            address.Value,
            command.Name,
            command.Metadata,
            UnsubscribeTokens.Create(),
            command.Consent?.ToEvidence(context)
        );
        return await log.Change<Contact, ContactEvent>(
            ids.OfContact(context.Tenant, address),
            contact => contact.Add(added),
            cancellation
        );
    }
}

/// <summary>Tokens of the links under mails (backstage.md, "Tokens": 32 random bytes in hex).</summary>
internal static class UnsubscribeTokens
{
    public static string Create() => RandomNumberGenerator.GetHexString(64, lowercase: true);
}

internal static class MetadataRules
{
    private const int MostBytes = 16 * 1024;

    public static IRuleBuilderOptions<T, JsonElement?> Metadata<T>(this IRuleBuilder<T, JsonElement?> rule) =>
        rule.Must(metadata =>
                metadata is null || metadata.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Null
            )
            .WithMessage("Metadata is a JSON object.")
            .Must(metadata => metadata is null || metadata.Value.GetRawText().Length <= MostBytes)
            .WithMessage("Metadata holds at most 16 kB.")
            // PostgreSQL's jsonb cannot hold U+0000.
            .Must(metadata =>
                metadata is null || !metadata.Value.GetRawText().Contains("\\u0000", StringComparison.Ordinal)
            )
            .WithMessage("Metadata holds a null character.");
}
