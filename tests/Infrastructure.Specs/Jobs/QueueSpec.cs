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
        await Until(() => Task.FromResult(Happened.Done.Count >= 300), "all have run");
        foreach (var job in jobs)
            await UntilDone(job);

        Happened.Done.Select(done => done.What).Distinct().Count().ShouldBe(300);
        Happened.Done.Count.ShouldBe(300);
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
        var job = await Enqueue(new Note("later"));
        await Service.Execute(
            """update hangfire.job set arguments = jsonb_set(arguments, '{0}', to_jsonb('"later.version"'::text))"""
        );
        await Run();

        await Until(async () => (await Find(job))?.Error is not null, "a node has seen it");
        var waiting = (await Find(job))!;
        waiting.State.ShouldBe("waiting");
        waiting.Attempts.ShouldBe(0);
        waiting.Error.ShouldBe("This version does not know it.");
        (await RunsOf(job)).ShouldBeEmpty();

        await Service.Execute(
            """update hangfire.job set arguments = jsonb_set(arguments, '{0}', to_jsonb('"spec.note"'::text))"""
        );
        await Change(job, JobChange.RunNow);
        await UntilDone(job);
        Happened.Done.ShouldContain(done => done.What == "later");
    }

    [Test]
    public async Task A_job_that_hangfire_cannot_read_is_given_up_and_says_so()
    {
        var job = await Enqueue(new Note("broken"));
        await Service.Execute(
            """update hangfire.job set invocationdata = jsonb_set(invocationdata, '{Type}', '"Gone, Gone"')"""
        );
        await Run();

        await UntilState(job, "failed");
        (await Find(job))!.Error.ShouldBe("The stored job cannot be read.");
        Happened.Done.ShouldBeEmpty();
        await Change(job, JobChange.Cancel);
        (await StateOf(job)).ShouldBeNull();
    }

    [Test]
    public async Task How_a_job_is_stored_does_not_change()
    {
        var job = await Enqueue(new Note("kept"));

        var stored = $"from hangfire.job h join jobs.jobs j on j.hangfire_id = h.id where j.id = '{job}'";
        (await Service.Scalar<string>($"select h.arguments::text {stored}")).ShouldBe(
            """["\"spec.note\"", "\"{\\\"what\\\":\\\"kept\\\"}\"", null, null]"""
        );
        (
            await Service.Scalar<string>(
                $"select concat_ws('.', h.invocationdata->>'Type', h.invocationdata->>'Method') {stored}"
            )
        ).ShouldBe("SchemaHub.Infrastructure.Jobs.StoredJob, SchemaHub.Infrastructure.Run");
    }

    [Test]
    public async Task A_job_can_be_taken_back_but_not_in_any_state_and_not_by_others()
    {
        var (ours, theirs) = (await Service.CreateOrganization("ours"), await Service.CreateOrganization("theirs"));
        var job = await Enqueue(new Note("hello"), "k", ours);

        await Should.ThrowAsync<NotFoundException>(Change(job, JobChange.Cancel, theirs));
        (await Should.ThrowAsync<RuleBrokenException>(Change(job, JobChange.Retry, ours))).Code.ShouldBe("job.state");
        await Change(job, JobChange.Cancel, ours);
        await Should.ThrowAsync<NotFoundException>(Change(job, JobChange.RunNow, ours));
        var again = await Enqueue(new Note("again"), "k", ours);
        again.ShouldNotBe(job, "it did not run, so its key is free");
        await Run();
        await UntilDone(await Enqueue(new Note("after")));
        Happened.Done.ShouldNotContain(done => done.What == "hello");
    }

    [Test]
    public async Task What_is_taken_back_by_its_key_frees_the_key()
    {
        var ours = await Service.CreateOrganization("ours");
        var job = await Enqueue(new Note("hello"), "k", ours);

        await TakeBack("k", await Service.CreateOrganization("theirs"));
        (await StateOf(job)).ShouldBe("waiting");
        await TakeBack("k", ours);
        (await StateOf(job)).ShouldBeNull();
        (await Enqueue(new Note("hello"), "k", ours)).ShouldNotBe(job);
        await TakeBack("unknown", ours);

        Task<bool> TakeBack(string key, Guid organization) =>
            As(
                organization,
                async jobs =>
                {
                    await jobs.TakeBack(key, default);
                    return true;
                }
            );
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
        (await StateOf(job)).ShouldBeNull();
        await Until(async () => await RunsOf(job) == "1 failed It was cancelled.", "it has stopped");
    }
}
