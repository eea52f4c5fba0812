using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application;
using SchemaHub.Application.Jobs;
using SchemaHub.Infrastructure.Jobs;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Jobs;

/// <summary>What recurs does so once, however many nodes keep time.</summary>
public sealed class RecurringSpec : Working
{
    private protected override IReadOnlyList<RecurringRow> Recurring =>
        [
            new(new Tick(), "* * * * * *", Missed.Skip),
            new(new Slow(), "* * * * * *", Missed.RunOnce),
            new(new Yearly(), "0 0 1 1 *", Missed.RunOnce),
        ];

    [Test]
    public async Task A_job_recurs_once_a_firing_on_two_nodes_until_it_is_paused()
    {
        var other = await AnotherNode();
        await Run();
        await Run(other);
        await Ticks(3);
        await Change("spec.tick", JobChange.Pause);

        var paused = await Shown("spec.tick");
        paused.IsPaused.ShouldBeTrue();
        paused.NextAt.ShouldBeNull();
        (
            await Service.Scalar<long>(
                """
                select count(*) - count(distinct p.value)
                from hangfire.jobparameter p
                join hangfire.job h on h.id = p.jobid and h.arguments->>0 = '"spec.tick"'
                where p.name = 'Time'
                """
            )
        ).ShouldBe(0, "one run a firing");
        (
            await Service.Scalar<long>(
                """
                select count(*) - count(distinct l.job_id)
                from backstage.execution_logs l
                where l.job_type = 'spec.tick'
                """
            )
        ).ShouldBe(0);

        await Change("spec.tick", JobChange.Resume);
        await Ticks(Happened.Done.Count(done => done.What == "tick") + 2);
    }

    [Test]
    public async Task A_run_that_takes_longer_than_its_turn_is_not_joined_by_a_second()
    {
        await Run();
        await Until(() => Task.FromResult(Happened.Done.Any(done => done.What == "slow")), "it runs");
        var first = (await Shown("spec.slow")).PreviousAt!.Value;
        await Until(
            async () => (await Shown("spec.slow")).PreviousAt >= first.AddSeconds(2),
            "it was due again, and again"
        );

        Happened.Done.Count(done => done.What == "slow").ShouldBe(1);
        (await Service.Scalar<long>("select count(*) from jobs.jobs j where j.recurring = 'spec.slow'")).ShouldBe(1);
        Happened.SlowGate.SetResult();
        await Until(() => Task.FromResult(Happened.Done.Count(done => done.What == "slow") > 1), "it goes on");
    }

    [Test]
    public async Task A_run_whose_node_died_before_it_was_enqueued_is_in_nobodys_way()
    {
        await Service.Execute(
            """
            insert into jobs.jobs (id, hangfire_id, name, actor, recurring, due_at, created_at)
            values (gen_random_uuid(), -1, 'spec.tick', 'schedule', 'spec.tick', now(), now())
            """
        );
        await Run();

        await Ticks(2);
    }

    [Test]
    public async Task It_is_run_now_beside_its_turns_also_while_it_is_paused_and_its_last_failure_is_kept()
    {
        await Run();
        await Until(async () => (await Shown("spec.yearly")).NextAt is not null, "it is declared");
        var next = (await Shown("spec.yearly")).NextAt!.Value;
        (next.Month, next.Day).ShouldBe((1, 1));
        await Change("spec.yearly", JobChange.Pause);
        foreach (var runs in new[] { 1, 2 })
        {
            await Change("spec.yearly", JobChange.RunNow);
            await Until(
                () =>
                    Service.Scalar<bool>(
                        $"select count(*) = {runs} from backstage.execution_logs l where l.job_type = 'spec.yearly'"
                    ),
                "it ran"
            );
        }

        await Until(
            async () =>
                (await Service.Send(Guid.Empty, new ListJobs(new(), State: "failed"))).Items
                    is [{ Recurring: "spec.yearly" }],
            "one failure is left"
        );
        await Should.ThrowAsync<NotFoundException>(Change("nothing", JobChange.RunNow));
    }

    [Test]
    public async Task It_is_nobodys_but_the_operators()
    {
        var organization = await Service.CreateOrganization("acme");

        (await Service.Send(organization, new ListRecurring())).Items.ShouldBeEmpty();
        await Should.ThrowAsync<NotFoundException>(
            As(
                organization,
                async jobs =>
                {
                    await jobs.ChangeRecurring("spec.tick", JobChange.Pause, default);
                    return true;
                }
            )
        );
        var first = await Service.Send(Guid.Empty, new ListRecurring(Limit: 2));
        first.Items.Select(job => job.Name).ShouldBe(["spec.slow", "spec.tick"]);
        var second = await Service.Send(Guid.Empty, new ListRecurring(Limit: 2, first.Next));
        second.Items.Select(job => job.Name).ShouldBe(["spec.yearly"]);
        second.Next.ShouldBeNull();
    }

    [Test]
    public async Task A_pause_outlives_a_restart_and_a_changed_expression_replaces_the_old_one()
    {
        var schedule = Service.Services.GetRequiredService<RecurringSchedule>();
        await schedule.Declare(default);
        await Change("spec.yearly", JobChange.Pause);
        await schedule.Declare(default);
        (await Shown("spec.yearly")).IsPaused.ShouldBeTrue();
        await Change("spec.yearly", JobChange.Resume);

        await Service.Execute(
            "update hangfire.hash set value = '0 5 * * *' where key = 'recurring-job:spec.yearly' and field = 'Cron'"
        );
        await schedule.Declare(default);
        (
            await Service.Scalar<string>(
                "select h.value from hangfire.hash h where h.key = 'recurring-job:spec.yearly' and h.field = 'Cron'"
            )
        ).ShouldBe("0 0 1 1 *");
    }

    [Test]
    public void Every_job_of_the_programs_own_table_is_known_and_comes_once()
    {
        var types = new JobTypes(typeof(ApplicationServices).Assembly);

        RecurringTable.Own.Rows.Select(row => types.Of(row.Command).Name).ShouldBeUnique();
        RecurringTable
            .Own.Rows.Select(row => types.Of(row.Command).FromJson(types.Of(row.Command).ToJson(row.Command)))
            .ShouldBe(RecurringTable.Own.Rows.Select(row => (object)row.Command));
    }

    private Task Ticks(int least) =>
        Until(() => Task.FromResult(Happened.Done.Count(done => done.What == "tick") >= least), $"{least} ticks");

    private async Task<RecurringJob> Shown(string name) =>
        (await Service.Send(Guid.Empty, new ListRecurring())).Items.Single(job => job.Name == name);

    private Task Change(string name, JobChange change) =>
        As(
            default,
            async jobs =>
            {
                await jobs.ChangeRecurring(name, change, default);
                return true;
            }
        );
}
