using FluentValidation;
using SchemaHub.Application.Access;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>
/// Sets how many mails a UTC day the organizations of one owner may send, all together. Only the operator does.
/// </summary>
[RequiresOperator]
public sealed record LimitSending(Guid UserId, int MailsPerDay) : ICommand;

internal sealed class LimitSendingValidator : AbstractValidator<LimitSending>
{
    public LimitSendingValidator() => RuleFor(command => command.MailsPerDay).InclusiveBetween(0, 100_000_000);
}

internal sealed class LimitSendingHandler(IEventLog log) : ICommandHandler<LimitSending>
{
    public Task<Position> Handle(LimitSending command, CancellationToken cancellation) =>
        log.In(Tenant.System)
            .Change<User, UserEvent>(command.UserId, user => user.LimitSending(command.MailsPerDay), cancellation);
}
