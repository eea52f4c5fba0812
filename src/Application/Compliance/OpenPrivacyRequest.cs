using FluentValidation;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Identity;
using SchemaHub.Domain.Compliance;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Compliance;

/// <summary>
/// Takes in what a person demands under the GDPR. From when it reached us its time runs: one month (Art. 12(3)).
/// </summary>
/// <param name="Type"><c>access</c>, <c>rectification</c>, <c>erasure</c>, <c>restriction</c>, <c>portability</c> or
/// <c>objection</c>.</param>
/// <param name="Email">Of a contact, whether the address is known or not; it is not kept.</param>
/// <param name="ContactId">The same by id.</param>
/// <param name="UserId">Of a member, about their account.</param>
/// <param name="RequestedAt">When it reached us; now where null.</param>
/// <param name="Note">For those who work on it.</param>
[Requires("privacy:write")]
public sealed record OpenPrivacyRequest(
    string Type,
    string? Email = null,
    long? ContactId = null,
    Guid? UserId = null,
    DateTimeOffset? RequestedAt = null,
    string? Note = null
) : ICommand, IActsOnMember
{
    Guid? IActsOnMember.ActsOn => UserId;
}

internal sealed class OpenPrivacyRequestValidator : AbstractValidator<OpenPrivacyRequest>
{
    private const int MostDaysAgo = 365;

    public OpenPrivacyRequestValidator(TimeProvider clock)
    {
        RuleFor(command => command.Type).OneOf(PrivacyWords.Rights);
        RuleFor(command => command.Email).EmailAddress().When(command => command.Email is not null);
        RuleFor(command => command)
            .Must(command =>
                new[] { command.Email is not null, command.ContactId is not null, command.UserId is not null }.Count(
                    given => given
                ) == 1
            )
            .OverridePropertyName("Email")
            .WithMessage("Whom it is about is said once: by email, contactId or userId.");
        RuleFor(command => command.Type)
            .NotEqual(PrivacyWords.Of(PrivacyRight.Objection))
            .When(command => command.UserId is not null)
            .WithMessage("An account gets no marketing to object to: its owner chooses mails in the preferences.");
        RuleFor(command => command.RequestedAt)
            .NotInTheFuture(clock)
            .Must(at => at is null || at > clock.GetUtcNow().AddDays(-MostDaysAgo))
            .WithMessage($"It reached us at most {MostDaysAgo} days ago, and not in the future.");
        RuleFor(command => command.Note).MaximumLength(4_000).Must(note => note?.Contains('\0') != true);
    }
}

internal sealed class OpenPrivacyRequestHandler(
    IEventLog log,
    IKeyedIds ids,
    IStreamDirectory streams,
    IMemberships memberships,
    TimeProvider clock,
    CommandContext context
) : ICommandHandler<OpenPrivacyRequest>
{
    public async Task<Position> Handle(OpenPrivacyRequest command, CancellationToken cancellation)
    {
        var about = await About(command, cancellation);
        return await log.Change<PrivacyRequest, PrivacyRequestEvent>(
            Guid.CreateVersion7(clock.GetUtcNow()),
            request =>
                request.Open(
                    PrivacyWords.RightOf(command.Type),
                    about,
                    (command.RequestedAt ?? clock.GetUtcNow()).ToUniversalTime(),
                    command.Note
                ),
            cancellation,
            expectNew: true
        );
    }

    private async Task<PrivacySubject> About(OpenPrivacyRequest command, CancellationToken cancellation)
    {
        if (command.UserId is { } user)
        {
            RequireWithinMembership(command.Type);
            var isOurs =
                context.Tenant == Tenant.System
                || (await memberships.Of(user, cancellation)).Contains(context.OrganizationId);
            return isOurs
                ? new PrivacySubject(SubjectKind.User, user, Number: null)
                : throw new NotFoundException("member");
        }

        if (command.ContactId is { } number)
            return new PrivacySubject(
                SubjectKind.Contact,
                await streams.Contact(context, number, cancellation),
                number
            );

        var stream = ids.OfContact(context.Tenant, EmailAddress.Parse(command.Email!));
        var contact = await log.Load<Contact, ContactEvent>(stream, cancellation);
        return new PrivacySubject(SubjectKind.Contact, stream, contact.Number == 0 ? null : contact.Number);
    }

    // An organization hands out what it holds on a member. The account itself is the person's.
    private void RequireWithinMembership(string type)
    {
        if (context.Tenant == Tenant.System)
            return;

        if (PrivacyWords.RightOf(type) is not (PrivacyRight.Access or PrivacyRight.Portability))
            throw new ValidationException([
                new FluentValidation.Results.ValidationFailure(
                    nameof(OpenPrivacyRequest.Type),
                    "Of a member an organization fulfils access and portability. Everything else about an account its "
                        + "owner asks for under their own account."
                ),
            ]);
    }
}
