using Npgsql;
using SchemaHub.Application.Records;

namespace SchemaHub.Infrastructure.Records;

/// <summary>Reads refusals from PostgreSQL's errors: classes 22 and 23 are about values and constraints.</summary>
internal sealed class RowRefusals : IRowRefusals
{
    public RefusedRow? Of(Exception failure) =>
        failure is PostgresException { SqlState: ['2', '2' or '3', ..], SchemaName: not "events" } refused
            ? new RefusedRow(
                refused.SqlState switch
                {
                    PostgresErrorCodes.UniqueViolation => RowRefusal.NotUnique,
                    PostgresErrorCodes.ForeignKeyViolation => RowRefusal.Missing,
                    _ => RowRefusal.Invalid,
                },
                refused.ConstraintName,
                refused.ColumnName
            )
            : null;
}
