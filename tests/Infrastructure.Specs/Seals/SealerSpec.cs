using Npgsql;
using SchemaHub.Infrastructure.Seals;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Seals;

public class SealerSpec
{
    private static readonly string[] Tenants = ["*DEFAULT*", "0197c0de-0000-7000-8000-000000000001", "b"];

    private SealDatabase _database = null!;

    [SetUp]
    public async Task CreateDatabase() => _database = await SealDatabase.Create();

    [TearDown]
    public async Task DropDatabase()
    {
        if (_database is not null)
            await _database.DisposeAsync();
    }

    [Test]
    public async Task Tiles_that_grew_round_by_round_equal_a_recomputation([Values(1, 2, 3)] int seed)
    {
        var random = new Random(seed);
        var streams = Streams(random, 200);
        for (var append = 0; append < 40; append++)
        {
            await _database.Append([
                .. random.GetItems(streams[..random.Next(1, streams.Length)], random.Next(1, 150)),
            ]);
            if (random.Next(3) == 0)
                await _database.Sealer(random.Next(1, 400)).SealRound(default);
            if (random.Next(6) == 0)
            {
                await _database.Sealer(random.Next(20, 400)).SealAll(default);
                await _database.ShouldBeSealed();
            }
        }

        await _database.Sealer().SealAll(default);
        await _database.ShouldBeSealed();
    }

    [Test]
    public async Task Nobody_but_the_writer_sees_or_makes_a_seal()
    {
        await _database.Append(("b", Guid.CreateVersion7()));
        await _database.Sealer().SealAll(default);

        foreach (
            var table in new[] { "seal_trees", "seal_tiles", "seal_heads", "checkpoints", "checkpoint_deliveries" }
        )
        {
            (await Refused("schemahub_app", $"select count(*) from events.{table}")).ShouldBe("42501", table);
            (await Refused("schemahub_reader", $"select count(*) from events.{table}")).ShouldBe("42501", table);
            (await Refused("schemahub_writer", $"delete from events.{table}")).ShouldBe("42501", table);
        }

        (await Refused("schemahub_writer", "update events.checkpoints set signature = '\\x00'")).ShouldBe("42501");
    }

    [Test]
    public async Task A_log_whose_sealed_tiles_were_changed_is_not_signed_anew()
    {
        var stream = ("b", Guid.CreateVersion7());
        await _database.Append(stream, stream);
        await _database.Sealer().SealAll(default);
        await _database.Execute(
            "update events.seal_tiles set hashes = set_byte(hashes, 0, 255 - get_byte(hashes, 0)) where tree = 0"
        );
        await _database.Append(stream);

        var broken = await Should.ThrowAsync<SealBrokenException>(() => _database.Sealer().SealAll(default));

        broken.Message.ShouldContain("no longer begins as its last checkpoint says");
        (await _database.Scalar<long>("select max(size) from events.checkpoints")).ShouldBe(2);
    }

    [Test]
    public async Task Holes_in_the_sequence_stop_nothing()
    {
        var stream = ("b", Guid.CreateVersion7());
        await _database.Append(stream, stream);
        await _database.Scalar<long>("select nextval('events.mt_events_sequence')");
        await _database.Append(stream);

        (await _database.Sealer().SealRound(default)).ShouldBe(3);
        (await _database.Sealer().SealRound(default)).ShouldBe(0);
        await _database.ShouldBeSealed();
    }

    [Test]
    public async Task A_checkpoint_waits_until_the_sealer_has_caught_up()
    {
        await _database.Append([.. Enumerable.Repeat(("b", Guid.CreateVersion7()), 25)]);
        var sealer = _database.Sealer(batchSize: 10);

        (await sealer.SealRound(default)).ShouldBe(10);
        (await sealer.SealRound(default)).ShouldBe(10);
        (await _database.Scalar<long>("select count(*) from events.checkpoints")).ShouldBe(0);

        (await sealer.SealRound(default)).ShouldBe(5);
        (await sealer.SealRound(default)).ShouldBe(0);
        (await _database.Scalar<long>("select count(*) from events.checkpoints")).ShouldBe(1);
        await _database.ShouldBeSealed();
    }

    [Test]
    public async Task Checkpoints_name_the_one_before_them()
    {
        var stream = ("b", Guid.CreateVersion7());
        for (var i = 0; i < 3; i++)
        {
            await _database.Append(stream);
            await _database.Sealer().SealAll(default);
        }

        Checkpoint? previous = null;
        await using var command = _database.Source.CreateCommand(
            $"select {CheckpointRow.Columns} from events.checkpoints c order by size"
        );
        await using var rows = await command.ExecuteReaderAsync();
        for (var size = 1; await rows.ReadAsync(); size++)
        {
            var checkpoint = CheckpointRow.Read(rows, 0).Checkpoint;
            checkpoint.Size.ShouldBe(size);
            checkpoint.PreviousHash.ShouldBe(previous?.Hash());
            Checkpoint.Parse(checkpoint.Note())!.Note().ShouldBe(checkpoint.Note());
            previous = checkpoint;
        }

        previous!.Size.ShouldBe(3);
    }

    [Test]
    public async Task Two_sealers_at_once_never_double_a_leaf()
    {
        var random = new Random(7);
        var streams = Streams(random, 60);
        using var done = new CancellationTokenSource();
        var sealers = Enumerable
            .Range(0, 3)
            .Select(i => SealUntil(_database.Sealer(20 + 30 * i), i, done.Token))
            .ToList();
        for (var append = 0; append < 60; append++)
            await _database.Append([.. random.GetItems(streams, random.Next(1, 80))]);

        await done.CancelAsync();
        await Task.WhenAll(sealers);
        await _database.Sealer().SealAll(default);
        await _database.ShouldBeSealed();
    }

    [Test]
    public async Task A_sealer_that_dies_at_any_statement_loses_and_doubles_nothing(
        [Values("seal_tiles", "seal_heads", "seal_trees", "followers", "checkpoints")] string table
    )
    {
        var streams = Streams(new Random(11), 90);
        await _database.Append(streams);
        await _database.Sealer().SealAll(default);
        await _database.Append([.. streams, ("b", Guid.CreateVersion7())]);
        await _database.Execute(
            $"""
            create function public.die() returns trigger language plpgsql as $$
            begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$;
            create trigger die before insert or update on events.{table}
            for each statement execute function public.die()
            """
        );

        await Should.ThrowAsync<NpgsqlException>(() => _database.Sealer().SealRound(default));

        await _database.Execute($"drop trigger die on events.{table}");
        await _database.Sealer().SealAll(default);
        await _database.ShouldBeSealed();
    }

    [Test]
    public async Task A_position_that_somebody_else_moved_rolls_the_round_back()
    {
        var stream = ("b", Guid.CreateVersion7());
        await _database.Append(stream);
        await _database.Sealer().SealAll(default);
        await _database.Append(stream);
        await _database.Execute(
            """
            create function public.stale() returns trigger language plpgsql as $$ begin return null; end $$;
            create trigger stale before update on events.followers
            for each row execute function public.stale()
            """
        );

        await Should.ThrowAsync<InvalidOperationException>(() => _database.Sealer().SealRound(default));

        await _database.Execute("drop trigger stale on events.followers");
        await _database.Sealer().SealAll(default);
        await _database.ShouldBeSealed();
    }

    [Test]
    public async Task A_running_sealer_tells_its_trouble_and_recovers()
    {
        await _database.Append(("b", Guid.CreateVersion7()));
        await _database.Execute("alter table events.seal_tiles rename to hidden_tiles");
        var sealer = new Sealer(
            _database.Source,
            _database.Key,
            TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger<Sealer>.Instance,
            new SealerOptions { Interval = TimeSpan.FromMilliseconds(5) }
        );
        using var stop = new CancellationTokenSource();
        var running = sealer.RunAsync(stop.Token);

        await Eventually.True(() => sealer.Trouble is not null);
        await _database.Execute("alter table events.hidden_tiles rename to seal_tiles");
        await Eventually.True(async () => await _database.Scalar<long>("select count(*) from events.checkpoints") == 1);
        await Eventually.True(() => sealer.Trouble is null);

        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => running);
        await _database.ShouldBeSealed();
    }

    private async Task<string?> Refused(string role, string sql) =>
        (await Should.ThrowAsync<PostgresException>(() => _database.Execute($"set role {role}; {sql}"))).SqlState;

    private static (string, Guid)[] Streams(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (Tenants[random.Next(Tenants.Length)], Guid.CreateVersion7()))];

    private static async Task SealUntil(Sealer sealer, int seed, CancellationToken done)
    {
        var random = new Random(seed);
        while (!done.IsCancellationRequested)
        {
            if (random.Next(3) == 0)
                await sealer.SealAll(default);
            else
                await sealer.SealRound(default);
        }
    }
}
