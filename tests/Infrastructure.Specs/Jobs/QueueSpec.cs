using SchemaHub.Application;
using SchemaHub.Application.Jobs;
using SchemaHub.Domain;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Jobs;

/// <summary>A job is a command that runs once it is due, for whom it was asked.</summary>
public sealed class QueueSpec : Working
{
    [Test]
    public async Task A_job_runs_for_the_organization_and_in_the_name_of_who_asked_and_leaves_a_row()
    {
        await Run();
        var organization = await Service.CreateOrganization("acme");

        var job = await Enqueue(new Note("hello"), organization: organization);
        await UntilDone(job);

        Happened.Done.ShouldContain(("hello", organization.ToString(), "key:spec"));
        (
            await Service.Scalar<string>(
                $"""
                select concat_ws(' ', l.job_type, l.status, l.message, l.attempt, (l.duration_ms >= 0)::text)
                from backstage.execution_logs l
                where l.job_id = '{job}' and l.organization_id = '{organization}'
                """
            )
        ).ShouldBe("spec.note success Noted hello. 1 true");
    }

    [Test]
    public async Task A_job_of_many_callers_at_once_runs_each_once()
    {
        await Run();
        var jobs = await Task.WhenAll(Enumerable.Range(0, 300).Select(number => Enqueue(new Note($"{number}"))));

        jobs.Distinct().Count().ShouldBe(300);
        await Until(() => Task.FromResult(Happened.Done.Count(done => done.What != "tick") >= 300), "all have run");
        foreach (var job in jobs)
            await UntilDone(job);

        Happened.Done.Where(done => done.What != "tick").Select(done => done.What).Distinct().Count().ShouldBe(300);
        Happened.Done.Count(done => done.What != "tick").ShouldBe(300);
    }

    [Test]
    public async Task The_same_key_is_the_same_job_also_when_that_is_done()
    {
        var first = await Enqueue(new Note("one"), "k");
        var both = await Task.WhenAll(Enqueue(new Note("one"), "k"), Enqueue(new Note("one"), "k"));
        both.ShouldAllBe(job => job == first);
        await Run();
        await UntilDone(first);

        (await Enqueue(new Note("one"), "k")).ShouldBe(first);
        (await StateOf(first)).ShouldBeNull();
        (await Enqueue(new Note("two"), "other")).ShouldNotBe(first);
        (await Enqueue(new Note("three"), "k", await Service.CreateOrganization("acme"))).ShouldNotBe(first);
    }

    [Test]
    public async Task What_this_version_does_not_know_waits_for_one_that_does()
    {
        await Service.Execute(
            $"""
            insert into jobs.queue (id, name, data, actor, state, due_at, created_at)
            values ('{Guid.CreateVersion7()}', 'later.version', '[]', 'spec', 'waiting', now(), now())
            """
        );
        await Run();
        await UntilDone(await Enqueue(new Note("after")));

        (await Service.Scalar<string>("select q.state from jobs.queue q where q.name = 'later.version'")).ShouldBe(
            "waiting"
        );
    }

    [Test]
    public async Task A_job_can_be_paused_resumed_and_taken_back_but_not_in_any_state_and_not_by_others()
    {
        var (ours, theirs) = (await Service.CreateOrganization("ours"), await Service.CreateOrganization("theirs"));
        var job = await Enqueue(new Note("hello"), organization: ours);

        await Should.ThrowAsync<NotFoundException>(Change(job, JobChange.Pause, theirs));
        await Change(job, JobChange.Pause, ours);
        (await StateOf(job)).ShouldBe("paused");
        (await Should.ThrowAsync<RuleBrokenException>(Change(job, JobChange.Pause, ours))).Code.ShouldBe("job.state");
        await Change(job, JobChange.Resume, ours);
        (await Should.ThrowAsync<RuleBrokenException>(Change(job, JobChange.Retry, ours))).Code.ShouldBe("job.state");
        await Change(job, JobChange.Cancel, ours);
        await Should.ThrowAsync<NotFoundException>(Change(job, JobChange.RunNow, ours));
    }

    [Test]
    public async Task A_job_for_later_waits_until_somebody_runs_it_now()
    {
        await Run();
        var job = await As(
            default,
            jobs => jobs.Schedule(new Note("later"), TimeProvider.System.GetUtcNow().AddHours(1), default)
        );
        await UntilDone(await Enqueue(new Note("now")));
        (await StateOf(job)).ShouldBe("waiting");

        await Change(job, JobChange.RunNow);
        await UntilDone(job);
    }

    [Test]
    public async Task A_running_job_is_stopped_when_it_is_cancelled()
    {
        await Run();
        var job = await Enqueue(new Long("forever"));
        await Until(() => Task.FromResult(Happened.Waiting == 1), "it runs");

        await Change(job, JobChange.Cancel);
        await UntilDone(job);
        (
            await Service.Scalar<string>($"select l.message from backstage.execution_logs l where l.job_id = '{job}'")
        ).ShouldBe("It was cancelled.");
    }
}
