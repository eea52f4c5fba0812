using Npgsql;
using SchemaHub.Application;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>
/// What nodes tell each other: which accounts, organizations, roles, keys and sessions changed. Sent in the
/// transaction of the change, so that it is heard if and only if it happened.
/// </summary>
internal static class AccessNotices
{
    /// <summary>PostgreSQL's channel; of one database.</summary>
    public const string Channel = "schemahub_access";

    /// <summary>Says that anything may have changed.</summary>
    public const string Everything = "*";

    // 37 characters each, and PostgreSQL takes less than 8,000 bytes.
    private const int MostStreams = 200;

    /// <summary>The streams of a batch that somebody may remember something of.</summary>
    public static IReadOnlyList<Guid> Of(IReadOnlyList<RecordedEvent> events)
    {
        List<Guid>? changed = null;
        foreach (var recorded in events)
        {
            // Nobody remembers anything of what did not exist.
            if (recorded.Version > 1 && Concerns(recorded.Data) && changed?.Contains(recorded.Stream) is not true)
                (changed ??= []).Add(recorded.Stream);
        }

        return changed ?? [];
    }

    /// <summary>Adds the notice of a batch, if it needs one.</summary>
    public static void AddTo(NpgsqlBatch batch, IReadOnlyList<RecordedEvent> events)
    {
        var changed = Of(events);
        if (changed.Count > 0)
            batch.Add(
                "select pg_notify($1, $2)",
                new NpgsqlParameter<string> { TypedValue = Channel },
                new NpgsqlParameter<string> { TypedValue = PayloadOf(changed) }
            );
    }

    /// <summary>As sent.</summary>
    public static string PayloadOf(IReadOnlyList<Guid> streams) =>
        streams.Count > MostStreams ? Everything : string.Join(',', streams);

    /// <summary>As heard; null where it is everything, or not understood.</summary>
    public static IReadOnlyList<Guid>? Read(string payload)
    {
        var streams = new List<Guid>();
        foreach (var part in payload.Split(','))
        {
            if (!Guid.TryParse(part, out var stream))
                return null;

            streams.Add(stream);
        }

        return streams;
    }

    private static bool Concerns(object happened) =>
        happened is UserEvent or OrganizationEvent or RoleEvent or ApiKeyEvent or SessionEvent;
}
