using Npgsql;
using SchemaHub.Application.Jobs;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Jobs;

/// <inheritdoc cref="IUpkeep"/>
internal sealed class Upkeep(Installation installation) : IUpkeep
{
    public async Task<int> ResetQuotas(DateOnly today, CancellationToken cancellation)
    {
        await using var command = installation.Writer.CreateCommand(
            """
            update backstage.quota_tracking q
            set emails_sent_today = 0, last_reset_date = $1, updated_at = $2
            where q.last_reset_date is null or q.last_reset_date < $1
            """
        );
        command.Parameters.Add(new NpgsqlParameter<DateOnly> { TypedValue = today });
        command.Parameters.Add(
            new NpgsqlParameter<DateTime> { TypedValue = today.ToDateTime(TimeOnly.MinValue, DateTimeKind.Unspecified) }
        );
        return await command.ExecuteNonQueryAsync(cancellation);
    }
}
