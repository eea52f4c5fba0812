using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>How far an import is.</summary>
[Requires("contacts:read")]
public sealed record GetImport(long Number) : IQuery<ImportStatus>;

/// <summary>An import on its way.</summary>
public sealed record ImportStatus(long Number, ImportPhase Phase, ImportCounts Counts, long LastLine);

internal sealed class GetImportHandler(IEventLog log, IStreamDirectory streams, CommandContext context)
    : IRequestHandler<GetImport, ImportStatus>
{
    public async Task<ImportStatus> Handle(GetImport query, CancellationToken cancellation)
    {
        var stream =
            await streams.Find(context.Tenant, query.Number, Import.StreamType, cancellation)
            ?? throw new NotFoundException("import");
        var import = (await log.Load<Import, ImportEvent>(stream, cancellation)).State;
        return new ImportStatus(query.Number, import.Phase, import.Counts, import.LastLine);
    }
}
