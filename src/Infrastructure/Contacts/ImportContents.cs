using System.Runtime.CompilerServices;
using Npgsql;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Contacts;

/// <summary>
/// Reads the log from the import's first event on: an import is taken back seldom, and an index for it would cost
/// every append.
/// </summary>
internal sealed class ImportContents(NpgsqlDataSource writer) : IImportContents
{
    public async IAsyncEnumerable<Guid> Contacts(
        string tenant,
        Guid importId,
        long number,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        await using var command = writer.CreateCommand(
            """
            select e.stream_id
            from events.mt_events e
            where e.seq_id >= $1 and e.tenant_id = $2 and e.data ->> 'importId' = $3
            group by e.stream_id
            """
        );
        command.CommandTimeout = 0;
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = number });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenant });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = importId.ToString() });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            yield return reader.GetGuid(0);
    }
}
