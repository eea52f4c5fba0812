using FluentValidation;
using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Application.Campaigns;
using SchemaHub.Domain.Campaigns;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>Publishes a sign-up form of the list, or publishes it anew with other words.</summary>
/// <param name="FormId">The form to publish anew; null makes a new one, whose id is the answer's stream.</param>
/// <param name="Wording">SHA-256 of the published wording that people agree to.</param>
/// <param name="TrackingWording">SHA-256 of the wording of the tracking box, where the form has one.</param>
/// <param name="SenderAddress">
/// The mailbox that confirmation mails come from, of a verified domain; the organization's sender where null.
/// </param>
[Requires("contacts:write")]
public sealed record PublishSignUpForm(
    Guid? FormId,
    string Title,
    string Purpose,
    string Wording,
    string Language,
    string? TrackingWording,
    string? SenderAddress
) : ICommand;

internal sealed class PublishSignUpFormValidator : AbstractValidator<PublishSignUpForm>
{
    public PublishSignUpFormValidator()
    {
        RuleFor(command => command.Title).NotEmpty().PlainText(200);
        RuleFor(command => command.Purpose).NotNull().Purpose();
        // Tracking is a choice of its own (its box), never the price of the list.
        RuleFor(command => command.Purpose)
            .NotEqual(Purposes.Tracking)
            .WithMessage("Tracking is asked for by TrackingWording, beside the form's own purpose.");
        RuleFor(command => command.Wording).NotNull().WordingHash();
        RuleFor(command => command.TrackingWording).WordingHash();
        RuleFor(command => command.Language).NotNull().Language();
        When(command => command.SenderAddress is not null, () => RuleFor(form => form.SenderAddress).EmailAddress());
    }
}

internal sealed class PublishSignUpFormHandler(IEventLog log, Wordings wordings, CommandContext context)
    : ICommandHandler<PublishSignUpForm>
{
    public async Task<Position> Handle(PublishSignUpForm command, CancellationToken cancellation)
    {
        await wordings.RequirePublished(command.Wording, cancellation);
        await wordings.RequirePublished(command.TrackingWording, cancellation);
        var address = command.SenderAddress is { } given ? EmailAddress.Parse(given).Value : null;
        if (address is not null)
        {
            var sender = await log.Load<Sender, SenderEvent>(SenderDomains.StreamOf(context), cancellation);
            sender.State.RequireVerified(address);
        }

        var published = new SignUpFormPublished(
            command.Title,
            command.Purpose,
            command.Wording,
            command.Language,
            command.TrackingWording,
            address
        );
        return await log.Change<SignUpForm, SignUpFormEvent>(
            command.FormId ?? Guid.CreateVersion7(),
            form => form.Publish(published),
            cancellation
        );
    }
}

/// <summary>A sign-up form as it is now, with its words; null where the organization has no such form.</summary>
[Requires("contacts:read")]
public sealed record GetSignUpForm(Guid FormId) : IQuery<SignUpFormText?>;

/// <summary>What a sign-up form shows.</summary>
/// <param name="Tracking">The text of the tracking box, or null where the form has none.</param>
public sealed record SignUpFormText(
    Guid FormId,
    string Title,
    string Purpose,
    string Language,
    WordingText Wording,
    WordingText? Tracking,
    string? SenderAddress
);

internal sealed class GetSignUpFormHandler(IEventLog log, Wordings wordings)
    : IRequestHandler<GetSignUpForm, SignUpFormText?>
{
    public async Task<SignUpFormText?> Handle(GetSignUpForm query, CancellationToken cancellation)
    {
        var form = (await log.Load<SignUpForm, SignUpFormEvent>(query.FormId, cancellation)).State.Current;
        if (form is null)
            return null;

        return new SignUpFormText(
            query.FormId,
            form.Title,
            form.Purpose,
            form.Language,
            await wordings.Text(form.Wording, cancellation),
            form.TrackingWording is null ? null : await wordings.Text(form.TrackingWording, cancellation),
            form.SenderAddress
        );
    }
}
