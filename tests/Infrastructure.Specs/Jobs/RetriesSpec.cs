using SchemaHub.Application.Jobs;

namespace SchemaHub.Infrastructure.Specs.Jobs;

/// <summary>What fails is tried again, later and later, and at last waits for somebody.</summary>
public sealed class RetriesSpec : Working
{
    private protected override TimeProvider? ClockOfSpec => Clock;

    [Test]
    public async Task A_job_that_fails_waits_twice_as_long_after_each_attempt_and_is_given_up_after_the_last()
    {
        await Run();
        var job = await Enqueue(new Fragile("vase"));
        foreach (var (attempt, seconds) in new[] { (1, 10), (2, 20), (3, 40) })
        {
            await UntilAttempted(job, attempt);
            var wait = await Due(job) - Clock.GetUtcNow();
            wait.TotalSeconds.ShouldBeInRange(seconds * 0.8 - 0.001, seconds * 1.2 + 0.001);

            // Not a moment earlier.
            Clock.Advance(wait - TimeSpan.FromMilliseconds(1));
            await UntilDone(await Enqueue(new Note($"{attempt}")));
            (await StateOf(job)).ShouldBe("waiting");
            Clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        await UntilState(job, "failed");
        (await Service.Scalar<string>($"select q.error from jobs.queue q where q.id = '{job}'")).ShouldBe(
            "IOException: vase of …@… broke."
        );
        (await Service.Scalar<string>($"select q.stack from jobs.queue q where q.id = '{job}'")).ShouldContain(
            "FragileHandler"
        );
        (await RunsOf(job, "failed")).ShouldBe(4);

        Happened.Failures = 0;
        await Change(job, JobChange.Retry);
        await UntilDone(job);
        (await RunsOf(job, "success")).ShouldBe(1);
    }

    [Test]
    public async Task What_is_refused_is_not_tried_again_and_neither_is_what_cannot_be_read()
    {
        await Run();
        var refused = await Enqueue(new Note("forbidden"));
        await UntilState(refused, "failed");
        (await RunsOf(refused, "failed")).ShouldBe(1);

        var broken = Guid.CreateVersion7();
        await Service.Execute(
            $$"""
            insert into jobs.queue (id, name, data, actor, state, due_at, created_at)
            values ('{{broken}}', 'spec.note', '{"whatever":"ann@example.com"}', 'spec', 'waiting', '-infinity', now())
            """
        );
        await UntilState(broken, "failed");
        var why = await Service.Scalar<string>($"select q.error || q.stack from jobs.queue q where q.id = '{broken}'");
        why.ShouldStartWith("The stored command cannot be read");
        why.ShouldNotContain("ann@");
    }

    [Test]
    public void The_wait_has_an_end_and_two_never_wait_equally_long()
    {
        Backoff.After(1, 5, 0.5).ShouldBe(TimeSpan.FromSeconds(5));
        Backoff.After(4, 5, 0.5).ShouldBe(TimeSpan.FromSeconds(40));
        Backoff.After(200, 5, 1).ShouldBe(TimeSpan.FromMinutes(72));
        Backoff.After(3, 5, 0).ShouldBe(TimeSpan.FromSeconds(16));
        Backoff.After(3, 5, 1).ShouldBe(TimeSpan.FromSeconds(24));
    }

    private Task UntilAttempted(Guid job, int attempt) =>
        Until(
            () =>
                Service.Scalar<bool>(
                    $"select q.attempts = {attempt} and q.state <> 'running' from jobs.queue q where q.id = '{job}'"
                ),
            $"attempt {attempt} is over"
        );

    private async Task<DateTimeOffset> Due(Guid job) =>
        new(await Service.Scalar<DateTime>($"select q.due_at from jobs.queue q where q.id = '{job}'"), TimeSpan.Zero);

    private Task<long> RunsOf(Guid job, string status) =>
        Service.Scalar<long>(
            $"select count(*) from backstage.execution_logs l where l.job_id = '{job}' and l.status = '{status}'"
        );
}
