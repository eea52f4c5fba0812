using FluentValidation.Results;
using MediatR;
using Npgsql;
using NpgsqlTypes;
using SchemaHub.Application.Access;

namespace SchemaHub.Application.Records;

/// <summary>
/// What a row that is about to be written breaks beside other rows: what it refers to must exist, and be the
/// organization's. Asked under the organization's own rights, since foreign keys know no tenants.
/// </summary>
/// <param name="IsNew">The row is not there yet.</param>
[RequiresByContent]
internal sealed record CheckReferences(RecordType Type, object Row, bool IsNew)
    : IQuery<CheckedReferences>,
        IRequiresByContent
{
    /// <inheritdoc/>
    public string? RequiredPermission => Type.WritePermission;
}

/// <summary>What was found.</summary>
/// <param name="OwnerNumber">The organization's owner now, where the table holds that.</param>
internal sealed record CheckedReferences(IReadOnlyList<ValidationFailure> Failures, int? OwnerNumber);

internal sealed class CheckReferencesHandler(RecordDatabase database, ITableShapes shapes, CommandContext context)
    : IRequestHandler<CheckReferences, CheckedReferences>
{
    private static readonly CheckedReferences Nothing = new([], OwnerNumber: null);

    public async Task<CheckedReferences> Handle(CheckReferences query, CancellationToken cancellation)
    {
        var type = query.Type;
        var shape = await shapes.Of(type, cancellation);
        List<(string Field, string Sql, string Message)> checks =
        [
            .. shape
                .References.Where(reference => !reference.Columns.Contains(type.TenantColumn))
                .Select(reference =>
                    (type.FieldOf(reference.Columns[0]), Exists(reference), "There is none with this id.")
                ),
            .. RowRule
                .All.Where(rule => rule.Table == type.Name && (query.IsNew || !rule.WhenNewOnly))
                .Select(rule => (rule.Field, rule.Sql, rule.Message)),
        ];
        if (checks.Count == 0 && type.OwnerColumn is null)
            return Nothing;

        var owner = type.OwnerColumn is null ? "null::integer" : "access.current_owner()";
        var holds = string.Join(", ", checks.Select(check => $"coalesce({check.Sql}, true)").Prepend(owner));
        var sql = $"select {holds} from jsonb_populate_record(null::{type.Name}, $1) r";
        var found = await database.Rows.Rows(
            context.Tenant,
            sql,
            row => new CheckedReferences(
                [
                    .. checks
                        .Where((_, place) => !row.GetBoolean(place + 1))
                        .Select(check => new ValidationFailure(check.Field, check.Message)),
                ],
                row.IsDBNull(0) ? null : row.GetInt32(0)
            ),
            cancellation,
            new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Jsonb, Value = RowJson.Whole(type, query.Row) }
        );
        return found[0];
    }

    private static string Exists(TableReference reference)
    {
        var isNull = string.Join(" or ", reference.Columns.Select(column => $"r.\"{column}\" is null"));
        var same = reference.Columns.Zip(reference.TargetColumns, (from, to) => $"x.\"{to}\" = r.\"{from}\"");
        var lives = RecordCatalogue.Find(reference.Target)?.SoftDeletes == true ? " and x.deleted_at is null" : "";
        return $"({isNull} or exists (select from {reference.Target} x where {string.Join(" and ", same)}{lives}))";
    }
}

/// <summary>A rule of the documents about a row beside others, as a condition on the new row <c>r</c>.</summary>
internal sealed record RowRule(string Table, string Field, string Sql, string Message, bool WhenNewOnly = false)
{
    public static IReadOnlyList<RowRule> All { get; } =
    [
        new(
            "podcast.io_bookings",
            "sponsorId",
            "(select c.sponsor_id = r.sponsor_id from podcast.campaigns c where c.id = r.campaign_id)",
            "It is the campaign's sponsor."
        ),
        new(
            "podcast.matches",
            "advertiserId",
            "(select c.sponsor_id = r.advertiser_id from podcast.campaigns c where c.id = r.campaign_id)",
            "It is the campaign's sponsor."
        ),
        new(
            "podcast.ad_units",
            "positionSeconds",
            """
            (
                select r.position_seconds::bigint + coalesce(r.duration_seconds, 0) <= e.duration_seconds
                from podcast.episodes e
                where e.id = r.episode_id
            )
            """,
            "It begins and ends within the episode."
        ),
        new(
            "podcast.onboarding_progress",
            "skippedAt",
            "(select r.skipped_at is null or not s.required from podcast.onboarding_steps s where s.id = r.step_id)",
            "A required step cannot be skipped."
        ),
        new("podcast.podcasts", "name", Quota("podcasts"), "Your quota of podcasts is used up.", WhenNewOnly: true),
        new("podcast.campaigns", "name", Quota("campaigns"), "Your quota of campaigns is used up.", WhenNewOnly: true),
    ];

    private static string Quota(string table) =>
        $"""
            (
                select q.max_{table} is null or q.max_{table} > (
                    select count(*) from podcast.{table} x where x.deleted_at is null
                )
                from podcast.tenant_quotas q
            )
            """;
}
