using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using FluentValidation;
using SchemaHub.Application.Access;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>Puts an address on the list, with the consent it brought, if any.</summary>
/// <param name="Metadata">A JSON object of the organization's own, at most 16 kB.</param>
[Requires("contacts:write")]
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
            cancellation,
            expectNew: true
        );
    }
}

/// <summary>Tokens of the links under mails (backstage.md, "Tokens": 32 random bytes in hex).</summary>
internal static class UnsubscribeTokens
{
    public static string Create() => RandomNumberGenerator.GetHexString(64, lowercase: true);
}

/// <summary>Rules about a contact's attributes.</summary>
public static class MetadataRules
{
    private const int MostBytes = 16 * 1024;
    private const int MostDigits = 300;

    internal static IRuleBuilderOptions<T, JsonElement?> Metadata<T>(this IRuleBuilder<T, JsonElement?> rule) =>
        rule.Must(metadata =>
                metadata is null || metadata.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Null
            )
            .WithMessage("Metadata is a JSON object.")
            .Must(metadata => metadata is null || metadata.Value.GetRawText().Length <= MostBytes)
            .WithMessage("Metadata holds at most 16 kB.")
            .Must(metadata => metadata is null || IsStorable(metadata.Value))
            .WithMessage("Metadata holds a null character, half a surrogate pair, or a number out of range.");

    /// <summary>Whether PostgreSQL's jsonb takes it: JSON allows more than text and numeric can hold.</summary>
    public static bool IsStorable(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Object => value
                .EnumerateObject()
                .All(property => IsStorable(property) && IsStorable(property.Value)),
            JsonValueKind.Array => value.EnumerateArray().All(IsStorable),
            JsonValueKind.String => IsStorable(value.GetString),
            JsonValueKind.Number => IsStorableNumber(value.GetRawText()),
            _ => true,
        };

    private static bool IsStorable(JsonProperty property) => IsStorable(() => property.Name);

    private static bool IsStorable(Func<string?> read)
    {
        try
        {
            return !read()!.Contains('\0');
        }
        catch (InvalidOperationException)
        {
            // An escape such as \ud800 without its other half is no text.
            return false;
        }
    }

    private static bool IsStorableNumber(string digits)
    {
        var exponent = digits.AsSpan(digits.AsSpan().IndexOfAny('e', 'E') + 1);
        return digits.Length <= MostDigits
            && (
                exponent.Length == digits.Length
                || (
                    int.TryParse(exponent, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var power)
                    && Math.Abs(power) <= MostDigits
                )
            );
    }
}
