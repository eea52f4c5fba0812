using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application;
using SchemaHub.Application.Jobs;
using SchemaHub.Infrastructure.Jobs;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Jobs;

/// <summary>What recurs does so once, however many nodes keep time.</summary>
public sealed class RecurringSpec : Working
{
    [Test]
    public async Task A_job_that_recurs_by_itself_runs_once_a_firing_on_two_nodes_until_it_is_paused()
    {
        var other = await AnotherNode();
        await Run();
        await Run(other);
        await Ticks(3);
        await Operator(jobs => jobs.ChangeRecurring("spec.tick", JobChange.Pause, default));

        (await Recurring("spec.tick")).IsPaused.ShouldBeTrue();
        (
            await Service.Scalar<bool>(
                """
                select count(*) = count(distinct k.key) and count(*) >= 3
                from jobs.keys k where k.key like 'spec.tick@%'
                """
            )
        ).ShouldBeTrue();
        (
            await Service.Scalar<long>(
                """
                select count(*) - count(distinct l.job_id)
                from backstage.execution_logs l
                where l.job_type = 'spec.tick'
                """
            )
        ).ShouldBe(0);

        await Operator(jobs => jobs.ChangeRecurring("spec.tick", JobChange.Resume, default));
        await Ticks(Happened.Done.Count(done => done.What == "tick") + 1);
    }

    [Test]
    public async Task An_organization_lets_its_own_recur_and_nobody_else_sees_it()
    {
        await Run();
        var (ours, theirs) = (await Service.CreateOrganization("ours"), await Service.CreateOrganization("theirs"));
        await As(ours, Recur);

        await Until(
            () => Task.FromResult(Happened.Done.Any(done => done == ("weekly", ours.ToString(), "key:spec"))),
            "it ran"
        );
        (await Service.Send(ours, new ListRecurring())).Items.Select(job => job.Name).ShouldBe(["digest"]);
        (await Service.Send(theirs, new ListRecurring())).Items.ShouldBeEmpty();
        await Should.ThrowAsync<NotFoundException>(
            As(theirs, jobs => Did(jobs.ChangeRecurring("digest", JobChange.Pause, default)))
        );
        (await As(theirs, jobs => jobs.StopRecurring("digest", default))).ShouldBeFalse();
        (await As(ours, jobs => jobs.StopRecurring("digest", default))).ShouldBeTrue();
        (await Service.Send(ours, new ListRecurring())).Items.ShouldBeEmpty();

        static Task<bool> Recur(IBackgroundJobs jobs) =>
            Did(jobs.Recur("digest", new Note("weekly"), "* * * * * ?", Missed.Skip, default));
    }

    [Test]
    public async Task A_run_that_takes_longer_than_its_turn_is_not_joined_by_a_second()
    {
        await Run();
        await Operator(jobs => jobs.Recur("slow", new Long("slow"), "* * * * * ?", Missed.Skip, default));
        await Until(() => Task.FromResult(Happened.Waiting == 1), "it runs");
        await Until(
            async () => await Service.Scalar<long>("select count(*) from jobs.keys k where k.key like 'slow@%'") >= 3,
            "it was due again"
        );

        Happened.Waiting.ShouldBe(1);
        Happened.Gate.SetResult();
    }

    [Test]
    public async Task It_is_run_now_beside_its_turns_and_a_wrong_expression_is_refused()
    {
        await Operator(jobs => jobs.Recur("yearly", new Note("now"), "0 0 0 1 1 ?", Missed.RunOnce, default));
        await Run();
        await Operator(jobs => jobs.ChangeRecurring("yearly", JobChange.RunNow, default));

        await Until(() => Task.FromResult(Happened.Done.Any(done => done.What == "now")), "it ran");
        var yearly = await Recurring("yearly");
        yearly.NextAt!.Value.Month.ShouldBe(1);
        yearly.NextAt!.Value.ShouldBeGreaterThan(TimeProvider.System.GetUtcNow());
        await Should.ThrowAsync<FormatException>(
            Operator(jobs => jobs.Recur("x", new Note("x"), "every monday", Missed.Skip, default))
        );
    }

    [Test]
    public async Task A_pause_outlives_a_restart_and_a_changed_expression_replaces_the_old_one()
    {
        var recurrences = Service.Services.GetRequiredService<Recurrences>();
        await recurrences.Start(default);
        await recurrences.Standby(default);
        await Operator(jobs => jobs.ChangeRecurring("quota.reset", JobChange.Pause, default));
        await recurrences.Start(default);
        (await Recurring("quota.reset")).IsPaused.ShouldBeTrue();

        await Service.Execute(
            "update jobs.qrtz_cron_triggers set cron_expression = '0 0 5 * * ?' where trigger_name = 'quota.reset'"
        );
        await recurrences.Start(default);
        (await Recurring("quota.reset")).Cron.ShouldBe("0 0 0 * * ?");
    }

    private Task Ticks(int least) =>
        Until(() => Task.FromResult(Happened.Done.Count(done => done.What == "tick") >= least), $"{least} ticks");

    private async Task<RecurringJob> Recurring(string name) =>
        (await Service.Send(Guid.Empty, new ListRecurring())).Items.Single(job => job.Name == name);

    private Task<bool> Operator(Func<IBackgroundJobs, Task> work) => As(default, jobs => Did(work(jobs)));

    private static async Task<bool> Did(Task work)
    {
        await work;
        return true;
    }
}
