using System.Text.Json.Nodes;
using SchemaHub.Infrastructure.Seals;

namespace SchemaHub.Infrastructure.Specs.Seals;

public class RewrittenHistorySpec : WitnessFixture
{
    [Test]
    public async Task A_proof_is_confirmed_by_an_older_checkpoint_and_by_its_own()
    {
        for (var i = 0; i < 20; i++)
        {
            await Seal((Tenant, Ann), (Tenant, Guid.CreateVersion7()));
            await Deliver();
        }

        var older = Witnessed();
        await Database.Append((Tenant, Ann));
        var bundle = await Proof();
        Codes(bundle, older).ShouldBeEmpty();
        Codes(bundle, older[..^1]).ShouldBeEmpty();
        Codes(bundle, [older[3]]).ShouldBe([Finding.WitnessUnproven]);

        var asked = await Proof(8);
        Codes(asked, [older[3]]).ShouldBeEmpty();

        await Deliver();
        Codes(bundle, Witnessed()).ShouldBeEmpty();

        await Seal((Tenant, Ann));
        await Deliver();
        Codes(bundle, Witnessed()).ShouldBeEmpty();
        Codes(bundle, [Witnessed()[^1]]).ShouldBe([Finding.WitnessUnproven]);
        Codes(bundle, []).ShouldBe([Finding.WitnessUnproven]);
    }

    [Test]
    public async Task A_changed_consistency_proof_is_found()
    {
        await Seal((Tenant, Ann), (Tenant, Ann), (Tenant, Ann));
        await Deliver();
        await Database.Append((Tenant, Ann));
        var bundle = JsonNode.Parse(await Proof())!;
        var proof = bundle["consistency"]![0]!["proof"]!.AsArray();
        proof[0] = proof[1]!.DeepClone();

        Codes(bundle.ToJsonString(), Witnessed()).ShouldBe([Finding.WitnessMismatch]);
    }

    [Test]
    public async Task History_that_was_rewritten_and_signed_anew_is_found([Values(true, false)] bool isSameSize)
    {
        await Seal((Tenant, Ann), (Tenant, Ann), (Tenant, Ann), (Tenant, Guid.CreateVersion7()));
        await Deliver();
        await Rewrite("update events.mt_events set data = '{\"email\": \"somebody else\"}' where seq_id = 2");
        if (!isSameSize)
            await Database.Append((Tenant, Ann));

        var bundle = await Proof(4);

        Codes(bundle, witnessed: null).ShouldBeEmpty("without a witness nobody can know");
        Codes(bundle, Witnessed()).ShouldBe([Finding.WitnessMismatch]);
    }

    [Test]
    public async Task History_that_was_cut_and_signed_anew_is_found()
    {
        await Seal((Tenant, Ann), (Tenant, Ann), (Tenant, Guid.CreateVersion7()), (Tenant, Ann));
        await Deliver();
        await Rewrite("delete from events.mt_events where seq_id = 4");

        var bundle = await Proof();

        Codes(bundle, witnessed: null).ShouldBeEmpty("without a witness nobody can know");
        Codes(bundle, Witnessed()).ShouldBe([Finding.WitnessUnproven]);
    }

    [Test]
    public async Task A_witness_that_took_rewritten_history_without_looking_still_tells()
    {
        await Seal((Tenant, Ann), (Tenant, Ann), (Tenant, Ann));
        var witness = new Recorder();
        await Database.Delivery(witness).DeliverPending(default);
        await Rewrite("update events.mt_events set data = '{}' where seq_id = 2");
        await Seal((Tenant, Ann));
        await Database.Delivery(witness).DeliverPending(default);

        // Even if the bundle avoids the subject and the checkpoints come in any order.
        var bundle = JsonNode.Parse(await Proof())!;
        bundle["consistency"]!.AsArray().Clear();

        Codes(bundle.ToJsonString(), witness.Kept).ShouldBe([Finding.WitnessMismatch]);
        Codes(bundle.ToJsonString(), [.. witness.Kept.AsEnumerable().Reverse()]).ShouldBe([Finding.WitnessMismatch]);
    }

    [Test]
    public async Task Checkpoints_of_another_key_are_no_witness()
    {
        await Seal((Tenant, Ann));
        await Deliver();
        var bundle = await Proof();
        var forged = FileWitness
            .Read(WitnessPath)
            .Select(line => line with { Signature = Database.Key.Sign("x"u8) })
            .ToList();

        Codes(bundle, forged).ShouldBe([Finding.WitnessMalformed, Finding.WitnessUnproven]);
        Codes(bundle, [new("gibberish", [])]).ShouldBe([Finding.WitnessMalformed, Finding.WitnessUnproven]);
    }

    [Test]
    public async Task Events_changed_behind_the_seal_are_not_proven()
    {
        await Seal((Tenant, Ann), (Tenant, Ann));
        await Database.Execute("update events.mt_events set data = '{}' where version = 1");

        var broken = await Should.ThrowAsync<SealBrokenException>(() => Database.Proofs().Build(Tenant, Ann, default));

        broken.Message.ShouldBe($"Event 1, version 1 of stream {Ann}, is not what was sealed under that number.");
        await Database.Execute("delete from events.mt_events where version = 2");
        await Database.Execute("update events.mt_events set version = 2");
        await Should.ThrowAsync<SealBrokenException>(() => Database.Proofs().Build(Tenant, Ann, default));
        await Database.Execute("delete from events.mt_events");
        await Should.ThrowAsync<SealBrokenException>(() => Database.Proofs().Build(Tenant, Ann, default));
    }
}
