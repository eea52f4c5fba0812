using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application.Jobs;
using SchemaHub.Infrastructure.Jobs;

namespace SchemaHub.Infrastructure.Specs.Jobs;

/// <summary>Any number of nodes run jobs together; what one had in hand when it died runs on another.</summary>
public sealed class NodesSpec : Working
{
    [Test]
    public async Task Two_nodes_share_the_work_and_no_job_runs_twice()
    {
        var other = await AnotherNode();
        await Run();
        await Run(other);
        var jobs = await Task.WhenAll(Enumerable.Range(0, 500).Select(number => Enqueue(new Note($"{number}"))));
        foreach (var job in jobs)
            await UntilDone(job);

        Happened
            .Done.Where(done => done.What != "tick")
            .Select(done => done.What)
            .Order()
            .ShouldBe(Enumerable.Range(0, 500).Select(number => $"{number}").Order());
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
                () => Service.Scalar<bool>($"select q.state = 'running' and q.attempts = {attempt} from jobs.queue q"),
                "it runs"
            );
            program.Kill();
            await Until(async () => await Ledger.TakeOver(node: -1, default) == 1, "the others see that it is dead");
        }

        (await StateOf(job)).ShouldBe("failed");
        (await Ledger.Claim(node: -1, most: 10, default)).ShouldBeEmpty();
    }

    [Test]
    public async Task A_node_that_loses_its_connection_starts_anew_and_its_jobs_run_again()
    {
        await Run();
        var job = await Enqueue(new Long("lost"));
        await Until(() => Task.FromResult(Happened.Waiting == 1), "it runs");
        var node = await Service.Scalar<int>("select q.node from jobs.queue q where q.name = 'spec.long'");
        await Service.Execute(
            $"select pg_terminate_backend(l.pid) from pg_locks l where l.locktype = 'advisory' and l.objid = {node}"
        );

        await Until(() => Task.FromResult(Happened.Waiting == 2), "it runs again");
        Happened.Gate.SetResult();
        await UntilDone(job);
        Happened.Done.Count(done => done.What == "lost").ShouldBe(1);
    }

    [Test]
    public async Task A_node_does_not_take_over_its_own_jobs_before_it_knows_that_it_lost_its_lock()
    {
        await Enqueue(new Long("own"));
        (await Ledger.Claim(node: 4711, most: 1, default)).Count.ShouldBe(1);

        (await Ledger.TakeOver(node: 4711, default)).ShouldBe(0);
        (await Ledger.TakeOver(node: 4712, default)).ShouldBe(1);
    }

    [Test]
    public async Task A_node_that_stops_gives_back_what_it_has_not_done()
    {
        var other = await AnotherNode();
        await Run(other);
        var job = await Enqueue(new Long("moved"));
        await Until(() => Task.FromResult(Happened.Waiting == 1), "it runs");
        await other.Services.GetRequiredService<JobRunner>().StopAsync(default);

        (await StateOf(job)).ShouldBe("waiting");
        (await Service.Scalar<short>("select q.attempts from jobs.queue q where q.name = 'spec.long'")).ShouldBe(
            (short)0
        );
    }

    private JobLedger Ledger => Service.Services.GetRequiredService<JobLedger>();

    private Task<string> RunsOf(Guid job) =>
        Service.Scalar<string>(
            $"""
            select string_agg(l.attempt || ' ' || l.status || ' ' || l.message, ', ' order by l.id)
            from backstage.execution_logs l
            where l.job_id = '{job}'
            """
        );
}
