using SchemaHub.Infrastructure.Seals;

namespace SchemaHub.Infrastructure.Specs.Seals;

/// <summary>A database for each spec, a witness file beside it, and a superuser who rewrites history.</summary>
public abstract class WitnessFixture
{
    private protected const string Tenant = "0197c0de-0000-7000-8000-000000000001";

    private protected static readonly Guid Ann = Guid.CreateVersion7();

    private protected SealDatabase Database { get; private set; } = null!;

    private protected string WitnessPath => Path.Combine(Database.Keys, "witness.jsonl");

    [SetUp]
    public async Task CreateDatabase() => Database = await SealDatabase.Create();

    [TearDown]
    public async Task DropDatabase()
    {
        if (Database is not null)
            await Database.DisposeAsync();
    }

    private protected Task<int> Deliver() => Database.Delivery(new FileWitness(WitnessPath)).DeliverPending(default);

    private protected async Task Seal(params (string, Guid)[] events)
    {
        await Database.Append(events);
        await Database.Sealer().SealAll(default);
    }

    /// <summary>A superuser with the signing key changes the past and lets the sealer begin anew.</summary>
    private protected async Task Rewrite(string sql)
    {
        await Database.Execute(sql);
        await Database.Execute(
            """
            truncate events.seal_trees, events.seal_tiles, events.seal_heads, events.checkpoints,
                events.followers
            """
        );
        await Database.Sealer().SealAll(default);
    }

    private protected async Task<string> Proof(params long[] witnessedSizes) =>
        (await Database.Proofs().Build(Tenant, Ann, subjectKey: null, witnessedSizes, default))!.ToJson();

    private protected List<WitnessedCheckpoint> Witnessed() => [.. FileWitness.Read(WitnessPath)];

    private protected IEnumerable<string> Codes(string bundle, IReadOnlyList<WitnessedCheckpoint>? witnessed) =>
        ProofVerifier.Verify(bundle, Database.Key.PublicKeyPem, witnessed).Findings.Select(finding => finding.Code);

    private protected IEnumerable<long> Sizes(string tenant) =>
        Witnessed()
            .Select(line => Checkpoint.Parse(line.Note)!)
            .Where(checkpoint => string.Equals(checkpoint.Tenant, tenant, StringComparison.Ordinal))
            .Select(checkpoint => checkpoint.Size);
}
