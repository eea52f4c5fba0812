using Microsoft.Extensions.Logging;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Podcasts;

/// <summary>A call of the API, as <c>podcast.api_usage</c> keeps it.</summary>
/// <param name="Endpoint">The route's pattern: ids and queries are nobody's business here.</param>
public sealed record ApiCall(
    Guid Tenant,
    Guid Key,
    string Endpoint,
    string Method,
    int StatusCode,
    int Milliseconds,
    DateTimeOffset At
);

/// <summary>
/// Calls on their way to <c>podcast.api_usage</c>: no call is slower because it is counted.
/// </summary>
public sealed partial class ApiUsage(Installation installation, TimeProvider clock, ILogger<ApiUsage> logger)
    : WriteBehind<ApiCall>(clock)
{
    // A key that was removed meanwhile is none.
    private const string Insert = """
        insert into podcast.api_usage
            (id, tenant_id, api_key_id, endpoint, method, status_code, response_time_ms, occurred_at)
        select u.id, $1, k.id, u.endpoint, u.method, u.status_code, u.response_time_ms, u.occurred_at
        from unnest($2, $3, $4, $5, $6, $7, $8)
            as u (id, key, endpoint, method, status_code, response_time_ms, occurred_at)
        left join podcast.api_keys k on k.id = u.key
        """;

    /// <summary>Counts a call; never waits.</summary>
    public void Count(ApiCall call) => Add(call);

    protected override async Task Write(IReadOnlyList<ApiCall> items, CancellationToken cancellation)
    {
        foreach (var ofTenant in items.GroupBy(call => call.Tenant))
        {
            try
            {
                await Write(ofTenant.Key, [.. ofTenant], cancellation);
            }
            catch (Exception failure) when (DatabaseOutage.IsOrRefusal(failure))
            {
                // One tenant's rows say nothing about another's.
                Lost(ofTenant.Count(), DatabaseOutage.Describe(failure));
            }
        }
    }

    private async Task Write(Guid tenant, ApiCall[] calls, CancellationToken cancellation)
    {
        await using var connection = await installation.App.OpenConnectionAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection);
        batch.Add(TenantDatabase.SetTenant, new NpgsqlParameter<string> { TypedValue = tenant.ToString() });
        batch.Add(
            Insert,
            new NpgsqlParameter<Guid> { TypedValue = tenant },
            calls.Select(call => Guid.CreateVersion7(call.At)).Column(),
            calls.Select(call => call.Key).Column(),
            calls.Select(call => call.Endpoint).Column(),
            calls.Select(call => call.Method).Column(),
            calls.Select(call => call.StatusCode).Column(),
            calls.Select(call => call.Milliseconds).Column(),
            calls.Select(call => call.At).Column()
        );
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    protected override void Lost(int items, string why) => NotCounted(items, why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Calls} calls of the API were not counted: {Why}")]
    private partial void NotCounted(int calls, string why);
}
