using FluentValidation;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>
/// Opens an account that belongs to no organization yet. Only the operator does; the person sets a password by mail.
/// </summary>
[RequiresOperator]
public sealed record OpenAccount(string Email, string? Name = null) : ICommand;

internal sealed class OpenAccountValidator : AbstractValidator<OpenAccount>
{
    public OpenAccountValidator()
    {
        RuleFor(command => command.Email).EmailAddress();
        RuleFor(command => command.Name).PlainText(255);
    }
}

internal sealed class OpenAccountHandler(IEventLog log, IKeyedIds ids) : ICommandHandler<OpenAccount>
{
    public async Task<Position> Handle(OpenAccount command, CancellationToken cancellation)
    {
        var address = EmailAddress.Parse(command.Email);
        return await log.In(Tenant.System)
            .Change<User, UserEvent>(
                ids.OfUser(address),
                user => user.Register(address.Value, command.Name),
                cancellation
            );
    }
}
