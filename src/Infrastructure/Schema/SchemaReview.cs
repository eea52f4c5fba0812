using System.Data;
using Npgsql;
using SchemaHub.Application.Schema;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Schema;

/// <summary>
/// The review of schemas, and what is written from them. The service's own database is read as the writer, whom its
/// policies show every row; any other as whoever its address names.
/// </summary>
public sealed class SchemaReview(NpgsqlDataSource source, TimeProvider clock) : ISchemaReview
{
    /// <summary>On the service's own database.</summary>
    public static SchemaReview Of(Installation installation, TimeProvider clock) =>
        new(installation.Writer, clock)
        {
            // One that is switched off is nobody's to look at.
            Usual = installation.Schemas.Count < DocumentedSchemas.Count ? installation.Schemas : [],
        };

    /// <summary>What is reviewed where nothing is named; whatever is there where empty.</summary>
    private IReadOnlyList<string> Usual { get; init; } = [];

    /// <summary>The schemas that documents describe.</summary>
    public static IReadOnlyList<string> DocumentedSchemas => DocumentedFacts.Schemas;

    /// <inheritdoc/>
    public IReadOnlyList<string> Documented => DocumentedFacts.Schemas;

    /// <inheritdoc/>
    public Task<SchemaReport> Review(IReadOnlyList<string> schemas, CancellationToken cancellation) =>
        Review(Names(schemas), exceptions: null, cancellation);

    /// <summary>Reviews the database.</summary>
    /// <param name="schemas">What schemas are called there, by their documented names; all where empty.</param>
    /// <param name="exceptions">Exceptions of the one who asks, as text; none where null.</param>
    /// <exception cref="FormatException">The exceptions cannot be read.</exception>
    /// <exception cref="InvalidDataException">There is nothing to compare.</exception>
    public async Task<SchemaReport> Review(
        IReadOnlyDictionary<string, string> schemas,
        string? exceptions,
        CancellationToken cancellation
    )
    {
        var theirs = exceptions is null ? [] : ReviewExceptions.Parse(exceptions).ToList();
        await using var connection = await source.OpenConnectionAsync(cancellation);
        var request = new ReviewRequest(schemas.Count > 0 ? schemas : Names(Usual), theirs);
        return await new SchemaReviewer(clock).Review(connection, request, cancellation);
    }

    /// <summary>The data dictionary, as Markdown.</summary>
    public async Task<string> DataDictionary(
        IReadOnlyDictionary<string, string> schemas,
        CancellationToken cancellation
    ) => new DataDictionary(await Read(schemas, cancellation)).Write();

    /// <summary>One Mermaid diagram a schema, as Markdown, by the schema's name.</summary>
    public async Task<IReadOnlyDictionary<string, string>> Diagrams(
        IReadOnlyDictionary<string, string> schemas,
        CancellationToken cancellation
    )
    {
        var live = await Read(schemas, cancellation);
        return Published(live)
            .ToDictionary(name => name, name => new Diagram(live, name).Write(), StringComparer.Ordinal);
    }

    /// <summary>Everything the database publishes, as <c>published.tsv</c> holds it.</summary>
    public async Task<string> Snapshot(CancellationToken cancellation) =>
        PublishedCatalogue.Write(await Read(Names([]), cancellation), clock);

    /// <summary>Schemas that documents describe and that are there.</summary>
    internal static IEnumerable<string> Published(Catalogue live) =>
        DocumentedFacts.Schemas.Where(schema => live.Schemas.Contains(schema) && live.Tables(schema).Any());

    private async Task<Catalogue> Read(IReadOnlyDictionary<string, string> schemas, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(
            IsolationLevel.RepeatableRead,
            cancellation
        );
        return await SchemaReviewer.Read(connection, schemas, cancellation);
    }

    private static Dictionary<string, string> Names(IEnumerable<string> schemas) =>
        schemas.Distinct(StringComparer.Ordinal).ToDictionary(name => name, name => name, StringComparer.Ordinal);
}
