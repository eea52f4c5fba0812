using FluentValidation;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Identity;

/// <summary>What a person may be called, and how they look.</summary>
public interface IProfile
{
    /// <summary>As written out in full.</summary>
    string? Name { get; }

    /// <summary>Given name.</summary>
    string? FirstName { get; }

    /// <summary>Family name.</summary>
    string? LastName { get; }

    /// <summary>A picture, by https.</summary>
    string? AvatarUrl { get; }
}

/// <summary>The same, whoever changes it.</summary>
internal abstract class ProfileValidator<TCommand> : AbstractValidator<TCommand>
    where TCommand : IProfile
{
    protected ProfileValidator()
    {
        RuleFor(command => command.Name).PlainText(255);
        RuleFor(command => command.FirstName).PlainText(100);
        RuleFor(command => command.LastName).PlainText(100);
        RuleFor(command => command.AvatarUrl)
            .MaximumLength(512)
            .Must(url => url is null || (Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme == "https"))
            .WithMessage("A picture's address is an https URL.");
    }
}
