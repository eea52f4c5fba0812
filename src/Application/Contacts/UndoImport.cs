using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>
/// Takes an import back as a whole: contacts that only it brought are erased, consents that it raised are retracted;
/// what people did themselves since stays. Interrupted, it goes on when asked again.
/// </summary>
/// <param name="Number">The import's published id.</param>
/// <param name="Progress">Told the number of contacts looked at, after every commit.</param>
[Requires("contacts:erase")]
[InSteps("An import has any number of contacts. Asked again, it goes on with those that it has not taken back.")]
public sealed record UndoImport(long Number, Action<long>? Progress = null)
    : IRequest<UndoImportResult>,
        ITellsRequestsApart
{
    /// <inheritdoc/>
    public string Identity => Number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>What was taken back by this run.</summary>
public sealed record UndoImportResult(long ContactsErased, long ConsentsRetracted);

/// <summary>Finds what an import touched.</summary>
public interface IImportContents
{
    /// <summary>The contacts of the caller's tenant that have an event of the import, each once.</summary>
    IAsyncEnumerable<Guid> Contacts(string tenant, Guid importId, long number, CancellationToken cancellation);
}

internal sealed class UndoImportHandler(
    IEventLog log,
    IStreamDirectory streams,
    IImportContents contents,
    CommandContext context
) : IRequestHandler<UndoImport, UndoImportResult>
{
    private const int ContactsAtOnce = 1_000;

    public async Task<UndoImportResult> Handle(UndoImport command, CancellationToken cancellation)
    {
        var import =
            await streams.Find(context.Tenant, command.Number, Import.StreamType, cancellation)
            ?? throw new NotFoundException("import");
        await log.Change<Import, ImportEvent>(import, state => state.StartUndo(), cancellation);
        var (erased, retracted, seen) = (0L, 0L, 0L);
        await foreach (var chunk in Chunks(import, command.Number, cancellation))
        {
            var outcomes = new IReadOnlyList<ContactEvent>[chunk.Count];
            var changes = chunk.Select(
                (stream, i) =>
                    (
                        stream,
                        (Func<Contact, IReadOnlyList<ContactEvent>>)(
                            contact => outcomes[i] = contact.UndoImport(import)
                        )
                    )
            );
            await log.ChangeTogether(decided => decided.ChangeMany([.. changes]), cancellation);
            erased += outcomes.Count(events => events is [ContactErased]);
            retracted += outcomes.Sum(events => events.Count(happened => happened is ConsentRetracted));
            command.Progress?.Invoke(seen += chunk.Count);
        }

        await log.Change<Import, ImportEvent>(import, state => state.FinishUndo(erased, retracted), cancellation);
        return new UndoImportResult(erased, retracted);
    }

    private async IAsyncEnumerable<List<Guid>> Chunks(
        Guid import,
        long number,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation
    )
    {
        var chunk = new List<Guid>(ContactsAtOnce);
        await foreach (var contact in contents.Contacts(context.Tenant, import, number, cancellation))
        {
            chunk.Add(contact);
            if (chunk.Count < ContactsAtOnce)
                continue;

            yield return chunk;
            chunk = new List<Guid>(ContactsAtOnce);
        }

        if (chunk.Count > 0)
            yield return chunk;
    }
}
