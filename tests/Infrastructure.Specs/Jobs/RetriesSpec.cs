using SchemaHub.Application.Jobs;

namespace SchemaHub.Infrastructure.Specs.Jobs;

/// <summary>What fails is tried again, later and later, and at last waits for somebody.</summary>
public sealed class RetriesSpec : Working
{
    [Test]
    public async Task A_job_that_fails_waits_twice_as_long_after_each_attempt_and_is_given_up_after_the_last()
    {
        await Run();
        var job = await Enqueue(new Fragile("vase"));
        foreach (var (attempt, seconds) in new[] { (1, 10), (2, 20), (3, 40) })
        {
            await Until(
                async () => await Find(job) is { State: "waiting" } left && left.Attempts == attempt,
                "it failed"
            );
            // Its row is written a moment before Hangfire is told.
            await Until(() => Service.Scalar<bool>(IsScheduled(job)), "it is scheduled again");
            var waiting = (await Find(job))!;
            var wait = waiting.DueAt - waiting.FailedAt!.Value;
            wait.TotalSeconds.ShouldBeInRange(seconds * 0.8 - 0.1, seconds * 1.2 + 0.1);
            // Hangfire keeps whole seconds, and none of it is too early.
            var scheduled = new DateTimeOffset(await Service.Scalar<DateTime>(ScheduledAt(job)), TimeSpan.Zero);
            (scheduled - waiting.DueAt).TotalSeconds.ShouldBeInRange(0, 1);
            await Change(job, JobChange.RunNow);
        }

        await UntilState(job, "failed");
        var failed = (await Find(job))!;
        failed.Error.ShouldBe("IOException: vase of …@… broke.");
        failed.Stack.ShouldNotBeNull().ShouldContain("FragileHandler");
        (await RunsOf(job, "failed")).ShouldBe(4);
        (await Service.Scalar<bool>("select bool_or(s.data::text like '%ann@%') from hangfire.state s")).ShouldBeFalse(
            "Hangfire is not told of persons"
        );

        Happened.Failures = 0;
        await Change(job, JobChange.Retry);
        await UntilDone(job);
        (await RunsOf(job, "success")).ShouldBe(1);
    }

    [Test]
    public async Task What_is_refused_is_not_tried_again_and_neither_is_what_cannot_be_read()
    {
        var broken = await Enqueue(new Note("broken"));
        await Service.Execute(
            """
            update hangfire.job
            set arguments = jsonb_set(arguments, '{1}', to_jsonb(to_json('{"whatever":"ann@example.com'::text)::text))
            """
        );
        await Run();
        await UntilState(broken, "failed");
        var shown = (await Find(broken))!;
        shown.Error.ShouldNotBeNull().ShouldStartWith("The stored command cannot be read");
        (shown.Error + shown.Stack).ShouldNotContain("ann@");
        shown.Data.ShouldBeNull();

        var refused = await Enqueue(new Note("forbidden"));
        await UntilState(refused, "failed");
        (await RunsOf(refused, "failed")).ShouldBe(1);
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

    private static string IsScheduled(Guid job) =>
        $"""
            select h.statename = 'Scheduled'
            from hangfire.job h
            join jobs.jobs j on j.hangfire_id = h.id
            where j.id = '{job}'
            """;

    private static string ScheduledAt(Guid job) =>
        $"""
            select to_timestamp((s.data->>'EnqueueAt')::bigint / 1000.0)
            from jobs.jobs j
            join hangfire.job h on h.id = j.hangfire_id
            join hangfire.state s on s.id = h.stateid
            where j.id = '{job}'
            """;

    private Task<long> RunsOf(Guid job, string status) =>
        Service.Scalar<long>(
            $"select count(*) from backstage.execution_logs l where l.job_id = '{job}' and l.status = '{status}'"
        );
}
