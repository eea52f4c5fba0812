using FluentValidation;
using SchemaHub.Domain;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>A consent as a caller states it.</summary>
/// <param name="Purpose"><c>newsletter</c> unless named.</param>
/// <param name="Basis"><c>consent</c> unless named.</param>
/// <param name="Wording">SHA-256 of a published wording.</param>
/// <param name="Language">BCP 47 tag; the wording's unless named.</param>
/// <param name="OptedInAt">An earlier opt-in elsewhere; evidence, never the recorded time.</param>
/// <param name="Claims">What else is known of it; at most 20 entries of 500 characters.</param>
public sealed record ConsentInput(
    string? Purpose = null,
    string? Basis = null,
    string? Wording = null,
    string? Language = null,
    DateTimeOffset? OptedInAt = null,
    IReadOnlyDictionary<string, string>? Claims = null
)
{
    internal Consent ToConsent() =>
        new(
            Purpose ?? Purposes.Newsletter,
            Basis ?? LegalBases.Consent,
            OptedInAt is null ? ConsentMethods.SingleOptIn : ConsentMethods.Imported,
            Wording,
            Language
        );

    internal Evidence ToEvidence(CommandContext context)
    {
        if (OptedInAt is null)
            return context.SeenEvidence(Claims);

        var claims = new Dictionary<string, string>(Claims ?? new Dictionary<string, string>())
        {
            ["opted_in_at"] = OptedInAt.Value.ToUniversalTime().ToString("O"),
        };
        return context.SeenEvidence(claims);
    }
}

internal sealed class ConsentInputValidator : AbstractValidator<ConsentInput>
{
    public ConsentInputValidator(TimeProvider clock)
    {
        RuleFor(consent => consent.Purpose!).Purpose().When(consent => consent.Purpose is not null);
        RuleFor(consent => consent.Basis)
            .Must(basis => LegalBases.All.Contains(basis))
            .When(consent => consent.Basis is not null)
            .WithMessage($"The basis is one of {string.Join(", ", LegalBases.All)}.");
        RuleFor(consent => consent.Wording).WordingHash();
        RuleFor(consent => consent.Language).Language();
        RuleFor(consent => consent.OptedInAt)
            .Must(at => at <= clock.GetUtcNow())
            .When(consent => consent.OptedInAt is not null)
            .WithMessage("An opt-in cannot lie in the future.");
        RuleFor(consent => consent.Claims!).Claims().When(consent => consent.Claims is not null);
    }
}

/// <summary>Rules of form that many commands share.</summary>
internal static class Rules
{
    public static IRuleBuilderOptions<T, string> Purpose<T>(this IRuleBuilder<T, string> rule) =>
        rule.Matches(Purposes.Pattern)
            .WithMessage("A purpose is a lower-case letter and up to 49 letters, digits, hyphens or underscores.");

    public static IRuleBuilderOptions<T, string?> WordingHash<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Matches(WordingText.HashPattern)
            .WithMessage("The wording is named by its SHA-256 in 64 lower-case hex characters.");

    public static IRuleBuilderOptions<T, string?> Language<T>(this IRuleBuilder<T, string?> rule) =>
        rule.MaximumLength(35)
            .Matches(WordingText.LanguagePattern)
            .WithMessage("The language is a BCP 47 tag, such as en or pt-BR.");

    public static IRuleBuilderOptions<T, IReadOnlyDictionary<string, string>> Claims<T>(
        this IRuleBuilder<T, IReadOnlyDictionary<string, string>> rule
    ) =>
        rule.Must(claims => claims.Count <= 20 && claims.All(c => IsClaimText(c.Key, 50) && IsClaimText(c.Value, 500)))
            .WithMessage("Claims are at most 20 entries of text, of at most 50 and 500 characters, none of them null.");

    // PostgreSQL's jsonb cannot hold U+0000.
    private static bool IsClaimText(string? text, int most) =>
        text is not null && text.Length <= most && !text.Contains('\0');

    public static IRuleBuilderOptionsConditions<T, string?> EmailAddress<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Custom(
            (text, context) =>
            {
                if (!Domain.Contacts.EmailAddress.TryParse(text, out _, out var problem))
                    context.AddFailure(problem);
            }
        );

    public static IRuleBuilderOptions<T, string?> PlainText<T>(this IRuleBuilder<T, string?> rule, int most) =>
        rule.MaximumLength(most)
            .Must(text => text is null || !text.Any(char.IsControl))
            .WithMessage("{PropertyName} holds a control character.");

    public static IRuleBuilderOptions<T, string?> OneOf<T>(
        this IRuleBuilder<T, string?> rule,
        IReadOnlyList<string> values
    ) =>
        rule.Must(value => value is not null && values.Contains(value))
            .WithMessage($"{{PropertyName}} is one of {string.Join(", ", values)}.");
}
