using MediatR;
using Npgsql;
using SchemaHub.Application.Access;
using SchemaHub.Domain;

namespace SchemaHub.Application.Records;

/// <summary>
/// The records that go with a record that is about to be deleted: those they are parents of come last.
/// </summary>
[RequiresByContent]
internal sealed record FindDependents(RecordType Type, string Id) : IQuery<IReadOnlyList<Dependent>>, IRequiresByContent
{
    /// <inheritdoc/>
    public string? RequiredPermission => Type.WritePermission;
}

/// <summary>A record that refers to one that goes.</summary>
/// <param name="Cleared">The column that refers to nothing from then on; null where the record goes too.</param>
internal sealed record Dependent(RecordType Type, string Id, string? Cleared);

internal sealed class FindDependentsHandler(RecordDatabase database, ITableShapes shapes, CommandContext context)
    : IRequestHandler<FindDependents, IReadOnlyList<Dependent>>
{
    private const int Most = 1_000;

    public async Task<IReadOnlyList<Dependent>> Handle(FindDependents query, CancellationToken cancellation)
    {
        var found = new List<Dependent>();
        await Find(query.Type, [query.Id], found, cancellation);
        found.Reverse();
        var going = found.Where(one => one.Cleared is null).Select(one => (one.Type.Name, one.Id)).ToHashSet();
        return [.. found.Where(one => one.Cleared is null || !going.Contains((one.Type.Name, one.Id))).Distinct()];
    }

    private async Task Find(
        RecordType type,
        IReadOnlyList<string> ids,
        List<Dependent> found,
        CancellationToken cancellation
    )
    {
        // What refers to a record refers to its one key column.
        var shape = await shapes.Of(type, cancellation);
        foreach (var reference in shape.ReferencedBy.Where(one => one.Columns.Count == 1))
        {
            var child = RecordCatalogue.Find(reference.Table);
            if (child is null && reference.OnDelete != OnDelete.Restrict)
                continue;

            var rows = await Referring(reference, child, ids, shape, cancellation);
            if (rows.Count == 0)
                continue;

            if (reference.OnDelete == OnDelete.Restrict)
                throw new RuleBrokenException("record.in_use", $"A row of {reference.Table} refers to it.");

            var clears = reference.OnDelete == OnDelete.SetNull;
            found.AddRange(rows.Select(id => new Dependent(child!, id, clears ? reference.Columns[0] : null)));
            if (found.Count > Most)
                throw new RuleBrokenException(
                    "record.too_many_dependents",
                    $"More than {Most} records go with it; delete those of {reference.Table} first."
                );

            if (!clears)
                await Find(child!, rows, found, cancellation);
        }
    }

    private Task<List<string>> Referring(
        TableReference reference,
        RecordType? child,
        IReadOnlyList<string> ids,
        TableShape shape,
        CancellationToken cancellation
    )
    {
        var id = child is null ? "''" : RecordIds.Sql(child);
        var lives = child?.SoftDeletes == true ? "and t.deleted_at is null" : "";
        return database.Rows.Rows(
            context.Tenant,
            $"""
            select {id}
            from {reference.Table} t
            where t."{reference.Columns[0]}" = any($1::{shape.Types[reference.TargetColumns[0]]}[]) {lives}
            limit {Most + 1}
            """,
            row => row.GetString(0),
            cancellation,
            new NpgsqlParameter<string[]> { TypedValue = [.. ids] }
        );
    }
}
