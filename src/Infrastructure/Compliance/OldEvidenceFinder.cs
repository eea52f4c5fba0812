using Npgsql;
using SchemaHub.Application.Compliance;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Compliance;

/// <summary>Finds whose evidence may be due by the published history, through its index of times.</summary>
internal sealed class OldEvidenceFinder(Installation installation) : IOldEvidence
{
    // Who was erased or purged has no token any more. The last thing said must be old and a no; where only one purpose
    // of several was ended, the stream says so.
    private const string Sql = """
        select distinct c.organization_id::text, s.id, c.id::bigint
        from backstage.consent_history h
        join backstage.contacts c on c.id = h.contact_id and c.unsubscribe_token is not null
        join events.streams n on n.number = c.id and n.tenant_id = c.organization_id::text
        join events.mt_streams s on s.id = n.id and s.tenant_id = n.tenant_id and s.type = $4
        where h.timestamp <= $1 and h.action = 'unsubscribe' and c.id > $2
            and not exists (
                select from backstage.consent_history later where later.contact_id = c.id and later.timestamp > $1
            )
        order by c.id::bigint
        limit $3
        """;

    public async Task<IReadOnlyList<OldEvidence>> Find(
        DateTimeOffset before,
        long after,
        int limit,
        CancellationToken cancellation
    )
    {
        await using var command = installation.Writer.CreateCommand(Sql);
        command.CommandTimeout = 0;
        command.Parameters.Add(
            new NpgsqlParameter<DateTime>
            {
                TypedValue = DateTime.SpecifyKind(before.UtcDateTime, DateTimeKind.Unspecified),
            }
        );
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Contact.StreamType });
        var found = new List<OldEvidence>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            found.Add(new OldEvidence(reader.GetString(0), reader.GetGuid(1), reader.GetInt64(2)));

        return found;
    }
}
