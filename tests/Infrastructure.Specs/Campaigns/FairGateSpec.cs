using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Campaigns;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>Organizations take turns; none holds all places, nor all of the queue.</summary>
public class FairGateSpec
{
    private static readonly Guid s_greedy = Guid.CreateVersion7();
    private static readonly Guid s_other = Guid.CreateVersion7();
    private static readonly Guid s_third = Guid.CreateVersion7();

    [Test]
    public async Task One_organization_leaves_a_place_to_the_others()
    {
        var gate = new FairGate(places: 3, queue: 40);
        var greedy = Enumerable.Range(0, 5).Select(_ => gate.Enter(s_greedy, default)).ToList();

        greedy.Count(one => one.IsCompleted).ShouldBe(2);
        gate.Enter(s_other, default).IsCompletedSuccessfully.ShouldBeTrue();

        (await greedy[0]).Dispose();
        await greedy[2];
        greedy.Count(one => one.IsCompleted).ShouldBe(3);
    }

    [Test]
    public async Task Organizations_take_turns_where_there_is_one_place()
    {
        var gate = new FairGate(places: 1, queue: 40);
        var first = await gate.Enter(s_greedy, default);
        var order = new List<Guid>();
        var entries = new[] { s_greedy, s_greedy, s_greedy, s_other, s_other, s_third }
            .Select(organization => (organization, Entry: gate.Enter(organization, default)))
            .ToList();
        first.Dispose();
        while (entries.Count > 0)
        {
            var place = await await Task.WhenAny(entries.Select(one => one.Entry));
            var entered = entries.Single(one => one.Entry.IsCompleted);
            entries.Remove(entered);
            order.Add(entered.organization);
            place.Dispose();
        }

        order.ShouldBe([s_greedy, s_other, s_third, s_greedy, s_other, s_greedy]);
    }

    [Test]
    public async Task The_queue_is_bounded_for_all_and_for_each()
    {
        var gate = new FairGate(places: 1, queue: 8);
        await gate.Enter(s_greedy, default);
        var own = Enumerable.Range(0, 3).Select(_ => gate.Enter(s_greedy, default)).ToList();

        own[0].IsCompleted.ShouldBeFalse();
        (await Should.ThrowAsync<MjmlBusyException>(own[2])).IsOfCaller.ShouldBeTrue();

        var others = Enumerable.Range(0, 6).Select(_ => gate.Enter(Guid.CreateVersion7(), default)).ToList();
        others.ShouldAllBe(one => !one.IsCompleted);
        (await Should.ThrowAsync<MjmlBusyException>(gate.Enter(s_other, default))).IsOfCaller.ShouldBeFalse();
    }

    [Test]
    public async Task Who_leaves_gives_up_its_place_in_the_queue()
    {
        var gate = new FairGate(places: 1, queue: 4);
        var working = await gate.Enter(s_other, default);
        using var leaving = new CancellationTokenSource();
        var left = gate.Enter(s_greedy, leaving.Token);
        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(left);

        var next = gate.Enter(s_greedy, default);
        next.IsCompleted.ShouldBeFalse();
        working.Dispose();
        working.Dispose();
        (await next).Dispose();
        (await gate.Enter(s_third, default)).Dispose();
    }

    [Test]
    public async Task Places_are_neither_lost_nor_doubled_under_many_callers()
    {
        var gate = new FairGate(places: 3, queue: 4_000);
        var organizations = Enumerable.Range(0, 10).Select(_ => Guid.CreateVersion7()).ToArray();
        var (working, most, done) = (0, 0, 0);
        await Task.WhenAll(
            Enumerable
                .Range(0, 1_000)
                .Select(i =>
                    Task.Run(async () =>
                    {
                        using var leaving = new CancellationTokenSource();
                        if (i % 7 == 0)
                            leaving.CancelAfter(TimeSpan.FromMilliseconds(i % 5));
                        try
                        {
                            using var place = await gate.Enter(organizations[i % 10], leaving.Token);
                            InterlockedMax(ref most, Interlocked.Increment(ref working));
                            await Task.Yield();
                            Interlocked.Decrement(ref working);
                            Interlocked.Increment(ref done);
                        }
                        catch (OperationCanceledException) when (leaving.IsCancellationRequested)
                        {
                            // Who leaves has no place, which is what is looked at in the end.
                        }
                    })
                )
        );

        most.ShouldBeLessThanOrEqualTo(3);
        done.ShouldBeGreaterThan(800);
        var all = Enumerable.Range(0, 3).Select(i => gate.Enter(organizations[i], default)).ToList();
        all.ShouldAllBe(one => one.IsCompletedSuccessfully);
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); seen < value; )
            seen = Interlocked.CompareExchange(ref most, value, seen);
    }
}
