using FluentValidation;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Campaigns;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Campaigns;

/// <summary>Says in whose name the organization's mail goes out, as a whole.</summary>
/// <param name="FromAddress">Of a domain that was verified, or of one below it.</param>
/// <param name="ReplyTo">Where answers go; to the sender's address where null.</param>
/// <param name="PostalAddress">Of the organization, as every mail must carry it.</param>
[Requires("campaigns:write")]
public sealed record DescribeSender(
    string FromName,
    string FromAddress,
    string? ReplyTo,
    string PostalAddress,
    long? ExpectedVersion = null
) : ICommand;

internal sealed class DescribeSenderValidator : AbstractValidator<DescribeSender>
{
    public DescribeSenderValidator()
    {
        RuleFor(command => command.FromName).NotEmpty().PlainText(255);
        RuleFor(command => command.FromAddress).EmailAddress();
        When(command => command.ReplyTo is not null, () => RuleFor(command => command.ReplyTo).EmailAddress());
        RuleFor(command => command.PostalAddress).NotEmpty().PlainText(500);
    }
}

internal sealed class DescribeSenderHandler(IEventLog log, CommandContext context) : ICommandHandler<DescribeSender>
{
    public Task<Position> Handle(DescribeSender command, CancellationToken cancellation)
    {
        var described = new SenderDescribed(
            command.FromName,
            EmailAddress.Parse(command.FromAddress).Value,
            command.ReplyTo is null ? null : EmailAddress.Parse(command.ReplyTo).Value,
            command.PostalAddress
        );
        return log.Change<Sender, SenderEvent>(
            SenderDomains.StreamOf(context),
            sender => sender.Describe(described),
            cancellation,
            command.ExpectedVersion
        );
    }
}
