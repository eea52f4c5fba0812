using FluentValidation;
using MediatR;
using SchemaHub.Application.Access;

namespace SchemaHub.Application.Schema;

/// <summary>Whether the live database still agrees with the documents of its published schemas.</summary>
/// <param name="Schemas">Some of them; all where empty.</param>
[Requires("records:read")]
public sealed record CheckSchema(IReadOnlyList<string> Schemas) : IQuery<SchemaReport>;

/// <summary>How bad a finding is.</summary>
public enum Severity
{
    /// <summary>Of interest, and nothing that must be mended.</summary>
    Info,

    /// <summary>Works today, and should be mended.</summary>
    Warning,

    /// <summary>Not what the documents promise.</summary>
    Error,
}

/// <summary>One thing that is not as it should be.</summary>
/// <param name="Kind">Stable, such as <c>column.type</c> or <c>foreign_key.missing</c>.</param>
/// <param name="Place">Schema, table, and the column where it is about one.</param>
/// <param name="Sql">What mends it.</param>
public sealed record SchemaFinding(
    Severity Severity,
    string Kind,
    string Place,
    string Expected,
    string Actual,
    string Sql
);

/// <summary>A documented fact, or a rule of the review, that does not hold on purpose.</summary>
public sealed record SchemaException(string Fact, string Reason);

/// <summary>How many things a schema consists of.</summary>
public sealed record SchemaCounts(
    int Tables,
    int Views,
    int Columns,
    int Indexes,
    int PrimaryKeys,
    int ForeignKeys,
    int UniqueConstraints,
    int Checks,
    int Policies,
    int Functions,
    int Partitions
);

/// <summary>One schema against its document.</summary>
/// <param name="Facts">Tables and views, columns and constraints that the document names.</param>
/// <param name="Hold">Those that hold.</param>
/// <param name="Exceptions">Those that do not, with the reason.</param>
/// <param name="Accepted">Findings of the review's own rules that are meant to be so.</param>
public sealed record SchemaSummary(
    int Facts,
    int Hold,
    IReadOnlyList<SchemaException> Exceptions,
    IReadOnlyList<SchemaException> Accepted,
    SchemaCounts Counts
);

/// <summary>What a review found.</summary>
/// <param name="Ours">The database was made by this program, and compared with everything it publishes.</param>
/// <param name="Notes">What was not looked at, and why.</param>
public sealed record SchemaReport(
    int Errors,
    int Warnings,
    int Infos,
    string Database,
    bool Ours,
    IReadOnlyDictionary<string, SchemaSummary> Schemas,
    IReadOnlyList<SchemaFinding> Findings,
    IReadOnlyList<string> Notes
);

/// <summary>Compares a database with the documents, and changes nothing.</summary>
public interface ISchemaReview
{
    /// <summary>The schemas that documents describe.</summary>
    IReadOnlyList<string> Documented { get; }

    /// <summary>Reviews the service's own database.</summary>
    /// <param name="schemas">Some of the documented ones; all where empty.</param>
    Task<SchemaReport> Review(IReadOnlyList<string> schemas, CancellationToken cancellation);
}

internal sealed class CheckSchemaValidator : AbstractValidator<CheckSchema>
{
    public CheckSchemaValidator(ISchemaReview review) =>
        RuleForEach(query => query.Schemas)
            .Must(schema => review.Documented.Contains(schema, StringComparer.Ordinal))
            .OverridePropertyName("schema")
            .WithMessage($"A schema is one of {string.Join(", ", review.Documented)}.");
}

internal sealed class CheckSchemaHandler(ISchemaReview review) : IRequestHandler<CheckSchema, SchemaReport>
{
    public Task<SchemaReport> Handle(CheckSchema query, CancellationToken cancellation) =>
        review.Review(query.Schemas, cancellation);
}
