using System.Data;
using Npgsql;
using SchemaHub.Application.Schema;

namespace SchemaHub.Infrastructure.Schema;

/// <summary>What to review.</summary>
/// <param name="Schemas">What they are called there, by their documented names; all that are there where empty.</param>
/// <param name="Exceptions">Exceptions of the one who asks, beside this program's own.</param>
internal sealed record ReviewRequest(
    IReadOnlyDictionary<string, string> Schemas,
    IReadOnlyList<ReviewException> Exceptions
);

/// <summary>
/// Compares a database with the documents: one that this program made with everything it publishes, any other with
/// the documented facts. It reads, in one read-only transaction, and needs no rights but to read.
/// </summary>
internal sealed class SchemaReviewer(TimeProvider clock)
{
    private const string Settings = """
        set transaction read only;
        set local search_path = pg_catalog;
        set local timezone = 'UTC';
        set local datestyle = 'ISO';
        set local quote_all_identifiers = off;
        set local statement_timeout = '60s';
        set local lock_timeout = '5s'
        """;

    public async Task<SchemaReport> Review(
        NpgsqlConnection connection,
        ReviewRequest request,
        CancellationToken cancellation
    )
    {
        await using var transaction = await connection.BeginTransactionAsync(
            IsolationLevel.RepeatableRead,
            cancellation
        );
        return await ReviewInTransaction(connection, request, cancellation);
    }

    /// <summary>The same, where the caller has begun a transaction and takes it back afterwards.</summary>
    public async Task<SchemaReport> ReviewInTransaction(
        NpgsqlConnection connection,
        ReviewRequest request,
        CancellationToken cancellation
    )
    {
        var live = await Read(connection, request.Schemas, cancellation);
        var schemas = Chosen(request.Schemas, live);
        var run = new ReviewRun(live, schemas, clock, [.. ReviewExceptions.Ours, .. request.Exceptions]);
        var data = new DataReview(live, schemas);
        var rows = await data.Ask(connection, run.MissingKeys(), run.References(), cancellation);
        return run.Report(rows, data.Notes);
    }

    /// <summary>Reads what this program publishes, or what it is called there.</summary>
    public static async Task<Catalogue> Read(
        NpgsqlConnection connection,
        IReadOnlyDictionary<string, string> schemas,
        CancellationToken cancellation
    )
    {
        await using (var settings = new NpgsqlCommand(Settings, connection))
            await settings.ExecuteNonQueryAsync(cancellation);

        var named = schemas.Count > 0 ? schemas : DocumentedFacts.Schemas.ToDictionary(name => name, name => name);
        var all = named.Values.Contains("access", StringComparer.Ordinal)
            ? named
            : named
                .Append(new KeyValuePair<string, string>("access", "access"))
                .ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
        return await CatalogueReader.Read(connection, all, cancellation);
    }

    public static SchemaFinding MissingSchema(string schema) =>
        new(
            Severity.Error,
            "schema.missing",
            schema,
            "the schema and all that is in it",
            "none",
            Mending.Note($"run schemahub migrate, or say what {schema} is called here: --schema {schema}=its_name")
        );

    /// <exception cref="InvalidDataException">There is nothing to compare.</exception>
    private static IReadOnlyDictionary<string, string> Chosen(IReadOnlyDictionary<string, string> named, Catalogue live)
    {
        if (named.Count > 0)
            return named;

        var chosen = DocumentedFacts
            .Schemas.Where(schema => live.IsOurs || live.Schemas.Contains(schema))
            .ToDictionary(name => name, name => name, StringComparer.Ordinal);
        return chosen.Count > 0
            ? chosen
            : throw new InvalidDataException(
                $"The database {live.Database} has none of the schemas {string.Join(", ", DocumentedFacts.Schemas)}. "
                    + "Say what one is called there, such as --schema saas=public."
            );
    }
}
