using SchemaHub.Infrastructure.Seals;

namespace SchemaHub.Infrastructure.Specs.Seals;

/// <summary>What checking costs grows with the bundle and not with its square, however it was tampered with.</summary>
public class LongProofSpec
{
    private const string Tenant = "0197c0de-0000-7000-8000-000000000001";
    private const int Events = 4_000;

    private SealDatabase _database = null!;
    private ProofBundle _bundle = null!;
    private Checkpoint _checkpoint = null!;

    [OneTimeSetUp]
    public async Task MakeProof()
    {
        _database = await SealDatabase.Create();
        var stream = Guid.CreateVersion7();
        await _database.Append([.. Enumerable.Repeat((Tenant, stream), Events)]);
        _bundle = (await _database.Proofs().Build(Tenant, stream, default))!;
        _checkpoint = Checkpoint.Parse(_bundle.Checkpoint.Note)!;
    }

    [OneTimeTearDown]
    public async Task DropDatabase()
    {
        if (_database is not null)
            await _database.DisposeAsync();
    }

    [Test]
    public void A_whole_bundle_costs_no_guess()
    {
        var check = new StreamCheck(_bundle, _checkpoint);

        check.Findings().ShouldBeEmpty();
        check.GuessesSpent.ShouldBe(0);
        ProofVerifier.Verify(_bundle.ToJson(), _database.Key.PublicKeyPem).IsValid.ShouldBeTrue();
    }

    [Test]
    public void Renumbered_events_are_recognized_where_they_stand()
    {
        var events = _bundle.Events.ToList();
        events.RemoveAt(100);
        var check = new StreamCheck(
            _bundle with
            {
                Events = [.. events.Select((one, i) => one with { Version = i + 1 })],
            },
            _checkpoint
        );

        check.Findings().Select(finding => finding.Code).Distinct().ShouldBe([Finding.MissingEvent]);
        check.GuessesSpent.ShouldBeLessThan(3 * Events);
    }

    [Test]
    public void Events_that_fit_nowhere_are_given_up_within_the_budget()
    {
        foreach (
            var tampered in new[]
            {
                _bundle with
                {
                    Stream = Guid.Empty,
                },
                _bundle with
                {
                    Events = [.. _bundle.Events.Select(one => one with { Type = "made_up" })],
                },
                _bundle with
                {
                    Events = [.. _bundle.Events.Select(one => one with { Data = new string('x', 100_000) })],
                },
            }
        )
        {
            var check = new StreamCheck(tampered, _checkpoint);
            check.Findings().ShouldNotBeEmpty();
            check.GuessesSpent.ShouldBeLessThanOrEqualTo(StreamCheck.MostGuesses);
        }
    }
}
