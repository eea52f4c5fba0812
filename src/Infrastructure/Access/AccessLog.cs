using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Logging;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Access;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Access;

/// <summary>How many decisions are kept.</summary>
public sealed record AccessLogOptions
{
    /// <summary>One of so many allowed requests is kept; 1 keeps all, 0 none. Refused ones are all kept.</summary>
    public int OneAllowedOf { get; init; } = 100;
}

/// <summary>
/// Decisions on their way to <c>podcast.access_logs</c>; what is refused is a security event as well.
/// </summary>
public sealed partial class AccessLog(
    Installation installation,
    AccessLogOptions options,
    ISecurityLog security,
    TimeProvider clock,
    ILogger<AccessLog> logger
) : WriteBehind<AccessDecision>(clock), IAccessLog
{
    private const string Schema = "podcast";
    private const int MostIdCharacters = 255;

    private const string Insert = """
        insert into podcast.access_logs (
            id, tenant_id, user_id, resource_type, resource_id, action, allowed, reason, ip_address, user_agent,
            occurred_at
        )
        select a.id, a.tenant, u.id, a.resource, a.thing, a.action, a.allowed, a.reason, a.ip, a.agent, a.at
        from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            as a (id, tenant, person, resource, thing, action, allowed, reason, ip, agent, at)
        join podcast.tenants t on t.id = a.tenant
        left join podcast.users u on u.account_id = a.person and u.tenant_id = a.tenant
        """;

    private static readonly Meter Meter = new("SchemaHub.Access");
    private static readonly Counter<long> Refused = Meter.CreateCounter<long>(
        "schemahub.access.refused",
        "{request}",
        "Requests that were refused for want of a permission."
    );
    private static readonly ConcurrentDictionary<Type, PropertyInfo?> Ids = new();

    private readonly bool _isKept = installation.Schemas.Contains(Schema);
    private int _allowed;

    /// <inheritdoc/>
    public void Allowed(CommandContext context, string permission, object request)
    {
        if (_isKept && options.OneAllowedOf > 0 && Interlocked.Increment(ref _allowed) % options.OneAllowedOf == 0)
            Keep(context, permission, request, isAllowed: true, reason: null);
    }

    /// <inheritdoc/>
    public void Denied(CommandContext context, string permission, object request, string reason)
    {
        Refused.Add(1, new KeyValuePair<string, object?>("permission", permission));
        security.Report(
            context,
            new SecurityIncident(
                "access_refused",
                Severity.Medium,
                context.UserId,
                Details: new Dictionary<string, string>(StringComparer.Ordinal) { ["permission"] = permission }
            )
        );
        if (_isKept)
            Keep(context, permission, request, isAllowed: false, reason);
    }

    private void Keep(CommandContext context, string permission, object request, bool isAllowed, string? reason)
    {
        // What belongs to no organization has no place in its table; a refusal is a security event all the same.
        if (!Guid.TryParse(context.Tenant, out var tenant))
            return;

        var colon = permission.IndexOf(':', StringComparison.Ordinal);
        Add(
            new AccessDecision(
                Clock.GetUtcNow(),
                tenant,
                context.UserId,
                permission[..colon],
                IdOf(request),
                permission[(colon + 1)..],
                isAllowed,
                reason,
                context.Ip?.ToString(),
                context.UserAgent
            )
        );
    }

    // What the request is about, by its first property that is an id: a number or a uuid, which names no person.
    private static string? IdOf(object request)
    {
        var id = Ids.GetOrAdd(
            request.GetType(),
            type =>
                Array.Find(
                    type.GetProperties(),
                    property =>
                        property.Name.EndsWith("Id", StringComparison.Ordinal)
                        && (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) is { } kind
                        && (kind == typeof(Guid) || kind == typeof(long) || kind == typeof(int))
                )
        );
        var text = Convert.ToString(id?.GetValue(request), CultureInfo.InvariantCulture);
        return string.IsNullOrEmpty(text) ? null : text[..Math.Min(text.Length, MostIdCharacters)];
    }

    /// <inheritdoc/>
    protected override async Task Write(IReadOnlyList<AccessDecision> items, CancellationToken cancellation)
    {
        await using var command = installation.Writer.CreateCommand(Insert);
        command.Parameters.AddRange(
            new NpgsqlParameter[]
            {
                items.Select(one => Guid.CreateVersion7(one.At)).Column(),
                items.Select(one => one.Tenant).Column(),
                items.Select(one => one.User).Column(),
                items.Select(one => one.Resource).Column(),
                items.Select(one => one.Id).Column(),
                items.Select(one => one.Action).Column(),
                items.Select(one => one.IsAllowed).Column(),
                items.Select(one => one.Reason).Column(),
                items.Select(one => one.Ip).Column(),
                items.Select(one => one.UserAgent).Column(),
                items.Select(one => one.At).Column(),
            }
        );
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <inheritdoc/>
    protected override void Lost(int items, string why) => NotWritten(items, why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Decisions} decisions on access were not written: {Why}")]
    private partial void NotWritten(int decisions, string why);
}

/// <summary>A decision on a request, as <c>podcast.access_logs</c> keeps it.</summary>
/// <param name="User">The person who asked; null for programs.</param>
/// <param name="Id">What it was about; null for a whole list.</param>
public sealed record AccessDecision(
    DateTimeOffset At,
    Guid Tenant,
    Guid? User,
    string Resource,
    string? Id,
    string Action,
    bool IsAllowed,
    string? Reason,
    string? Ip,
    string? UserAgent
);
