using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Domain.Records;

namespace SchemaHub.Application.Records;

/// <summary>Deletes a record, and with it what the documents say goes with it.</summary>
/// <param name="ExpectedVersion">The version the caller saw.</param>
[RequiresByContent]
public sealed record DeleteRecord(string Table, string Id, long? ExpectedVersion = null) : ICommand, IRequiresByContent
{
    /// <inheritdoc/>
    public string? RequiredPermission => RecordCatalogue.Get(Table).WritePermission;
}

internal sealed class DeleteRecordHandler(
    IEventLog log,
    RecordStreams streams,
    IMediator mediator,
    RecordRefusals refusals
) : ICommandHandler<DeleteRecord>
{
    public async Task<Position> Handle(DeleteRecord command, CancellationToken cancellation)
    {
        var type = RecordCatalogue.Get(command.Table);
        streams.RequireWriter(type);
        var stream = await streams.Find(type, command.Id, cancellation);
        var dependents = await mediator.Send(new FindDependents(type, command.Id), cancellation);
        var changes = new List<(Guid, Func<Record, IReadOnlyList<RecordEvent>>)>();
        foreach (var (child, id, cleared) in dependents)
        {
            Func<Record, IReadOnlyList<RecordEvent>> decide = cleared is null
                // What goes with an erased one goes again with it after a restore, too.
                ? record => record.DeleteIfThere(child.Name, child.IsPersonal || type.IsPersonal)
                : record => record.Clear(child.Name, cleared);
            changes.Add((await streams.Find(child, id, cancellation), decide));
        }

        return await refusals.Explain(
            type,
            () =>
                log.ChangeTogether(
                    async decided =>
                    {
                        await decided.ChangeMany(changes);
                        await decided.Change<Record, RecordEvent>(
                            stream,
                            record => record.Delete(type.Name, type.IsPersonal),
                            expectedVersion: command.ExpectedVersion
                        );
                    },
                    cancellation
                ),
            cancellation
        );
    }
}
