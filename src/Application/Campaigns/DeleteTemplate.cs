using SchemaHub.Application.Access;
using SchemaHub.Domain.Campaigns;

namespace SchemaHub.Application.Campaigns;

/// <summary>Deletes a template. Drafts of campaigns that name it stay, and name none.</summary>
/// <param name="ExpectedVersion">The version the caller saw.</param>
[Requires("campaigns:write")]
public sealed record DeleteTemplate(long Id, long? ExpectedVersion = null) : ICommand;

internal sealed class DeleteTemplateHandler(IEventLog log, TemplateStreams streams) : ICommandHandler<DeleteTemplate>
{
    public async Task<Position> Handle(DeleteTemplate command, CancellationToken cancellation) =>
        await log.Change<EmailTemplate, TemplateEvent>(
            await streams.Find(command.Id, cancellation),
            template => template.Delete(),
            cancellation,
            command.ExpectedVersion
        );
}
