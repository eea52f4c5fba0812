using FluentValidation;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Compliance;

namespace SchemaHub.Application.Compliance;

/// <summary>Takes two more months, once; the person is told why within the first (GDPR Art. 12(3)).</summary>
[Requires("privacy:write")]
public sealed record ExtendPrivacyRequest(Guid Id, string Reason) : ICommand;

/// <summary>Ends a request without doing it; the person is told why (GDPR Art. 12(4)).</summary>
/// <param name="Ground"><c>identity_unproven</c>, <c>unfounded</c>, <c>excessive</c> or <c>exempt</c>.</param>
[Requires("privacy:write")]
public sealed record RejectPrivacyRequest(Guid Id, string Ground, string Reason) : ICommand;

/// <summary>The person took it back.</summary>
[Requires("privacy:write")]
public sealed record CancelPrivacyRequest(Guid Id) : ICommand;

/// <summary>Destroys notes and reasons of a request that ended long ago.</summary>
[RequiresOperator]
public sealed record ForgetPrivacyRequest(Guid Id) : ICommand;

internal sealed class ExtendPrivacyRequestValidator : AbstractValidator<ExtendPrivacyRequest>
{
    public ExtendPrivacyRequestValidator() => RuleFor(command => command.Reason).Reason();
}

internal sealed class RejectPrivacyRequestValidator : AbstractValidator<RejectPrivacyRequest>
{
    public RejectPrivacyRequestValidator()
    {
        RuleFor(command => command.Ground).OneOf(PrivacyWords.Grounds);
        RuleFor(command => command.Reason).Reason();
    }
}

internal static class ReasonRules
{
    public static IRuleBuilderOptions<T, string?> Reason<T>(this IRuleBuilder<T, string?> rule) =>
        rule.NotEmpty()
            .MaximumLength(4_000)
            .Must(reason => reason?.Contains('\0') != true)
            .WithMessage("It is a text of at most 4000 characters, as the person is told.");
}

internal sealed class ChangePrivacyRequestHandler(IEventLog log, TimeProvider clock)
    : ICommandHandler<ExtendPrivacyRequest>,
        ICommandHandler<RejectPrivacyRequest>,
        ICommandHandler<CancelPrivacyRequest>,
        ICommandHandler<ForgetPrivacyRequest>
{
    public Task<Position> Handle(ExtendPrivacyRequest command, CancellationToken cancellation)
    {
        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        return Change(command.Id, request => request.Extend(command.Reason, today), cancellation);
    }

    public Task<Position> Handle(RejectPrivacyRequest command, CancellationToken cancellation) =>
        Change(
            command.Id,
            request => request.Reject(PrivacyWords.GroundOf(command.Ground), command.Reason),
            cancellation
        );

    public Task<Position> Handle(CancelPrivacyRequest command, CancellationToken cancellation) =>
        Change(command.Id, request => request.Cancel(), cancellation);

    public Task<Position> Handle(ForgetPrivacyRequest command, CancellationToken cancellation) =>
        Change(command.Id, request => request.Forget(), cancellation);

    private Task<Position> Change(
        Guid id,
        Func<PrivacyRequest, IReadOnlyList<PrivacyRequestEvent>> decide,
        CancellationToken cancellation
    ) => log.Change<PrivacyRequest, PrivacyRequestEvent>(id, decide, cancellation);
}
