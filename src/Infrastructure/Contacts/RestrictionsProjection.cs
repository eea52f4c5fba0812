using Npgsql;
using SchemaHub.Application;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Contacts;

/// <summary>
/// Fills <c>sending.restrictions</c>: whose data may only be kept, from when to when. Restrictions are few, so each
/// event is a statement of its own, in the order of the log.
/// </summary>
internal sealed class RestrictionsProjection : IProjection
{
    public string Schema => "sending";

    public IReadOnlyList<PublishedTable> Tables { get; } = [new("restrictions", "contact_id", "since_sequence")];

    public void Write(IReadOnlyList<RecordedEvent> events, string schema, NpgsqlBatch batch)
    {
        foreach (var recorded in events)
        {
            switch (recorded.Data)
            {
                case ContactRestricted restricted:
                    batch.Add(
                        $"""
                        insert into {schema}.restrictions
                            (contact_id, since_sequence, organization_id, ground, restricted_at)
                        values ($1, $2, $3, $4, $5)
                        on conflict (contact_id, since_sequence) do nothing
                        """,
                        Number(recorded),
                        new NpgsqlParameter<long> { TypedValue = recorded.Sequence },
                        new NpgsqlParameter<Guid> { TypedValue = Guid.Parse(recorded.Tenant) },
                        new NpgsqlParameter<string> { TypedValue = restricted.Ground },
                        At(recorded)
                    );
                    break;
                // Of an erased person there is nothing left to be kept from use.
                case RestrictionLifted or ContactErased or EvidencePurged:
                    batch.Add(
                        $"""
                        update {schema}.restrictions r set lifted_at = $2
                        where r.contact_id = $1 and r.lifted_at is null
                        """,
                        Number(recorded),
                        At(recorded)
                    );
                    break;
            }
        }
    }

    private static NpgsqlParameter<int> Number(RecordedEvent recorded) =>
        new() { TypedValue = checked((int)recorded.Number) };

    private static NpgsqlParameter<DateTime> At(RecordedEvent recorded) =>
        new() { TypedValue = DateTime.SpecifyKind(recorded.RecordedAt.UtcDateTime, DateTimeKind.Unspecified) };
}
