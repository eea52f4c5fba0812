using SchemaHub.Application.Jobs;

namespace SchemaHub.Infrastructure.Specs.Jobs;

/// <summary>Any number of nodes run jobs together; what one had in hand when it died runs on another.</summary>
public sealed class NodesSpec : Working
{
    private const int Jobs = 200;

    [Test]
    public async Task Two_nodes_share_the_work_and_no_job_runs_twice()
    {
        var other = await AnotherNode();
        await Run();
        await Run(other);
        var jobs = await Task.WhenAll(Enumerable.Range(0, Jobs).Select(number => Enqueue(new Note($"{number}"))));
        foreach (var job in jobs)
            await UntilDone(job);

        Happened
            .Done.Select(done => done.What)
            .Order()
            .ShouldBe(Enumerable.Range(0, Jobs).Select(number => $"{number}").Order());
        (await Service.Scalar<long>("select count(distinct s.data->>'ServerId') from hangfire.state s")).ShouldBe(
            2,
            "both worked"
        );
    }

    [Test]
    public async Task What_a_killed_process_had_in_hand_runs_on_another_node()
    {
        var job = await Enqueue(new Long("survivor"));
        using (var program = WorkingProgram.Start(Service))
        {
            await UntilState(job, "running");
            program.Kill();
        }

        Happened.Gate.SetResult();
        await Run();
        await UntilDone(job);

        Happened.Done.Count(done => done.What == "survivor").ShouldBe(1);
        (await RunsOf(job)).ShouldBe("1 failed The node that ran it died., 2 success Let go.");
    }

    [Test]
    public async Task A_job_that_kills_every_node_is_given_up()
    {
        var job = await Enqueue(new Long("poison"));
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            using var program = WorkingProgram.Start(Service);
            await Until(
                async () => await Find(job) is { State: "running" } running && running.Attempts == attempt,
                "it runs"
            );
            program.Kill();
        }

        await Run();
        await UntilState(job, "failed");
        Happened.Waiting.ShouldBe(0);
        (await Find(job))!.Error.ShouldBe("The node that ran it died.");
    }

    [Test]
    public async Task A_node_that_loses_its_connections_ends_its_jobs_once()
    {
        await Run();
        var job = await Enqueue(new Long("lost"));
        await Until(() => Task.FromResult(Happened.Waiting == 1), "it runs");
        await Service.Execute(
            """
            select pg_terminate_backend(a.pid)
            from pg_stat_activity a
            where a.datname = current_database() and a.usename like 'schemahub_writer%'
            """
        );

        Happened.Gate.SetResult();
        // Asked as the administrator: the service's own connections are gone.
        await Until(
            () => Service.Scalar<bool>($"select not exists (select from jobs.jobs j where j.id = '{job}')"),
            "the job is done"
        );
        Happened.Done.Count(done => done.What == "lost").ShouldBe(1);
        (await RunsOf(job)).ShouldBe("1 success Let go.");
    }

    [Test]
    public async Task A_node_that_stops_gives_back_what_it_has_not_done()
    {
        var other = await AnotherNode();
        var node = await Run(other);
        var job = await Enqueue(new Long("moved"));
        await Until(() => Task.FromResult(Happened.Waiting == 1), "it runs");
        await node.StopAsync(default);

        var waiting = (await Find(job))!;
        waiting.State.ShouldBe("waiting");
        waiting.Attempts.ShouldBe(0);
        Happened.Gate.SetResult();
        await Run();
        await UntilDone(job);
        (await RunsOf(job)).ShouldBe("1 success Let go.");
    }

    [Test]
    public async Task A_run_that_was_taken_over_changes_nothing_when_it_ends()
    {
        await Run();
        var job = await Enqueue(new Long("slow"));
        await Until(() => Task.FromResult(Happened.Waiting == 1), "it runs");
        // As another node does that takes it over, when this one was silent for too long.
        await Service.Execute("update jobs.jobs set attempts = attempts + 1");
        Happened.Gate.SetResult();

        await Until(async () => (await RunsOf(job)).Length > 0, "its run has ended");
        (await Service.Scalar<short>($"select j.attempts from jobs.jobs j where j.id = '{job}'")).ShouldBe((short)2);
    }
}
