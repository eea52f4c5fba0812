using System.Text.Json;
using Npgsql;
using SchemaHub.Application.Podcasts;

namespace SchemaHub.Infrastructure.Podcasts;

/// <summary>Rows as the columns they are written as.</summary>
internal static class TelemetryColumns
{
    private const string EmptyJson = "{}";

    public static bool IsGiven(JsonElement? value) => value is { ValueKind: not JsonValueKind.Null };

    public static string JsonOf(JsonElement? value) => IsGiven(value) ? value!.Value.GetRawText() : EmptyJson;

    /// <summary>As PostgreSQL keeps it: an event that is sent again must be the same to the last digit.</summary>
    public static DateTimeOffset InMicroseconds(DateTimeOffset at) =>
        new(at.UtcTicks - at.UtcTicks % TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);

    /// <summary>Which rows refer to what is not there.</summary>
    public static IReadOnlyList<UnknownReference> Unknown<TRow>(
        IReadOnlyList<TRow> rows,
        params (string Field, IReadOnlySet<Guid> Known, Func<TRow, Guid?> Of)[] references
    ) =>
        [
            .. rows.SelectMany(
                (row, number) =>
                    references
                        .Where(reference => reference.Of(row) is { } id && !reference.Known.Contains(id))
                        .Select(reference => new UnknownReference(number, reference.Field))
            ),
        ];
}

/// <summary>What the rows of a batch refer to.</summary>
internal sealed record References(Guid[] Episodes, Guid[] Campaigns);

/// <summary>What of it the tenant has.</summary>
internal sealed record Existing(IReadOnlySet<Guid> Episodes, IReadOnlySet<Guid> Campaigns)
{
    public static async Task<Existing> Of(
        NpgsqlDataSource app,
        Guid tenant,
        References references,
        CancellationToken cancellation
    )
    {
        var database = new Application.TenantDatabase(app);
        return new Existing(
            await Find("select e.id from podcast.episodes e where e.id = any ($1)", references.Episodes),
            await Find("select c.id from podcast.campaigns c where c.id = any ($1)", references.Campaigns)
        );

        async Task<IReadOnlySet<Guid>> Find(string sql, Guid[] ids) =>
            (
                await database.Rows(
                    tenant.ToString(),
                    sql,
                    row => row.GetGuid(0),
                    cancellation,
                    new NpgsqlParameter<Guid[]> { TypedValue = [.. ids.Distinct()] }
                )
            ).ToHashSet();
    }
}
