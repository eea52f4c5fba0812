using FluentValidation;
using FluentValidation.Results;

namespace SchemaHub.Application.Records;

/// <summary>What a published table has against a row.</summary>
public enum RowRefusal
{
    /// <summary>Another row has the same.</summary>
    NotUnique,

    /// <summary>It refers to a row that is not there, or is referred to itself.</summary>
    Missing,

    /// <summary>A value is not what the column or a check takes.</summary>
    Invalid,
}

/// <summary>A published table does not take what an event would make of it: nothing was stored.</summary>
/// <param name="Constraint">The constraint or unique index that was broken, where it is one.</param>
/// <param name="Column">The column, where the database names it.</param>
public sealed record RefusedRow(RowRefusal Why, string? Constraint, string? Column);

/// <summary>Tells refusals of rows from other failures of the log.</summary>
public interface IRowRefusals
{
    /// <summary>What was refused, or null where the failure is another.</summary>
    RefusedRow? Of(Exception failure);
}

/// <summary>Turns what only the database could refuse into a problem that names the field.</summary>
internal sealed class RecordRefusals(IRowRefusals refusals, ITableShapes shapes)
{
    /// <exception cref="ValidationException">The database refused the row; nothing was written.</exception>
    /// <exception cref="NotFoundException">A version of a record was named that never was.</exception>
    public async Task<Position> Explain(RecordType type, Func<Task<Position>> write, CancellationToken cancellation)
    {
        try
        {
            return await write();
        }
        catch (StaleVersionException stale) when (stale.Actual == 0)
        {
            throw new NotFoundException("record");
        }
        catch (Exception failure) when (refusals.Of(failure) is { } refused)
        {
            var shape = await shapes.Of(type, cancellation);
            var columns = refused.Constraint is { } name ? shape.Constraints.GetValueOrDefault(name) ?? [] : [];
            var fields = columns.Where(column => column != type.TenantColumn).Select(type.FieldOf).ToList();
            if (fields.Count == 0)
                fields.Add(refused.Column is { } column ? type.FieldOf(column) : "row");

            throw new ValidationException(fields.Select(field => new ValidationFailure(field, Rule(refused.Why))));
        }
    }

    private static string Rule(RowRefusal why) =>
        why switch
        {
            RowRefusal.NotUnique => "Another record has it already.",
            RowRefusal.Missing => "There is none with this id, or it is still referred to.",
            _ => "The database does not take this value.",
        };
}
