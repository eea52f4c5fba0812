using SchemaHub.Application;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.EventLog;

/// <summary>The log while many write, some are refused, others are in the way, and followers read along.</summary>
public sealed class ConcurrencySpec
{
    [TestCase(4, 24, 15)]
    [TestCase(40, 48, 10)]
    [TestCase(600, 24, 20)]
    public async Task Whatever_happens_at_once_every_event_is_there_once_where_its_caller_was_told(
        int people,
        int callers,
        int commands
    )
    {
        var seed = TestContext.CurrentContext.Random.Next(1_000_000);
        await TestContext.Out.WriteLineAsync($"Seed {seed}");
        await using var service = await TestService.Create();
        await using var other = await TestService.Start(service.ConnectionString, service.Installation.Keys.Directory);
        await RandomLife.Poison(service);
        var organization = await service.CreateOrganization("acme");
        var life = new RandomLife([service, other], organization, people, seed);
        await using var follower = await ShadowFollower.Start(service, other);
        var tail = new Tail(service);
        await using (new Disturbance(service, seed))
            await life.Live(callers, commands);

        var there = await service.Sequences(
            $"e.tenant_id = '{organization}' and e.type not in ({TestService.FoundingEvents})"
        );
        life.Appended.Select(position => position.Sequence).Order().ShouldBe(there);
        life.Refused.ShouldBeGreaterThan(0);
        await AnswersShouldHold(service, life);
        (await tail.ReadToEnd()).ShouldBe(await service.Sequences());
        await follower.ShouldHaveSeenEverythingOnce();
        await service.ShouldBeSound();
    }

    private static async Task AnswersShouldHold(TestService service, RandomLife life)
    {
        var told = life.Appended.ToList();
        await using var command = service.Installation.Administrator.CreateCommand(
            """
            select count(*)
            from unnest($1, $2, $3, $4) as u (stream, version, sequence, number)
            join events.mt_events e on e.seq_id = u.sequence and e.stream_id = u.stream and e.version = u.version
            join events.streams s on s.id = u.stream and s.number = u.number
            """
        );
        command.Parameters.Add(told.Select(position => position.Stream).Column());
        command.Parameters.Add(told.Select(position => position.Version).Column());
        command.Parameters.Add(told.Select(position => position.Sequence).Column());
        command.Parameters.Add(told.Select(position => position.Number).Column());
        (await command.ExecuteScalarAsync()).ShouldBe((long)told.Count);
    }

    /// <summary>The simplest follower: reads on from the last position it saw, holes or not.</summary>
    private sealed class Tail
    {
        private readonly List<long> _seen = [];
        private readonly Task _reading;
        private volatile bool _last;

        public Tail(TestService service) => _reading = Task.Run(() => Read(service));

        public async Task<List<long>> ReadToEnd()
        {
            _last = true;
            await _reading;
            return _seen;
        }

        private async Task Read(TestService service)
        {
            bool last;
            do
            {
                last = _last;
                _seen.AddRange(await service.Sequences($"e.seq_id > {(_seen.Count == 0 ? 0 : _seen[^1])}"));
            } while (!last);
        }
    }
}
