using SchemaHub.Application;
using SchemaHub.Application.Campaigns;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>
/// A campaign's schedule is a job, one at a time: whatever ends the schedule takes the job back and frees its key, so
/// that the same time can be chosen again.
/// </summary>
[TestFixture]
public sealed class ScheduledStartsSpec
{
    private static readonly DateTimeOffset Spring = new(2126, 3, 20, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Autumn = new(2126, 9, 23, 12, 0, 0, TimeSpan.Zero);

    private TestMailing _mailing = null!;
    private int _campaign;

    [OneTimeSetUp]
    public async Task Prepare()
    {
        _mailing = await TestMailing.Create();
        await _mailing.AddContacts(1);
    }

    [OneTimeTearDown]
    public ValueTask Stop() => _mailing.DisposeAsync();

    [SetUp]
    public async Task Draft() => _campaign = await _mailing.Draft();

    [Test]
    public async Task Unscheduled_it_has_no_job_and_the_same_time_again_makes_a_new_one()
    {
        await Schedule(Spring);
        var first = await Job();
        await Send(new UnscheduleCampaign(_campaign));
        (await Left()).ShouldBe((0, 0));
        (await HangfireState(first)).ShouldBe("Deleted");

        await Schedule(Spring);
        var second = await Job();
        second.ShouldNotBe(first);
        (await HangfireState(second)).ShouldBe("Scheduled");
        (await Left()).ShouldBe((1, 1));
    }

    [Test]
    public async Task Scheduled_for_another_time_it_has_the_job_of_that_time_alone()
    {
        await Schedule(Spring);
        var first = await Job();
        await Schedule(Autumn);
        (await Left()).ShouldBe((1, 1));
        (await DueAt()).ShouldBe(Autumn.UtcDateTime);
        (await HangfireState(first)).ShouldBe("Deleted");

        // And back: the first time's key is free.
        await Schedule(Spring);
        (await Left()).ShouldBe((1, 1));
        (await DueAt()).ShouldBe(Spring.UtcDateTime);
    }

    [Test]
    public async Task Scheduled_for_the_same_time_twice_it_keeps_its_job()
    {
        await Schedule(Spring);
        var first = await Job();
        await Schedule(Spring.ToOffset(TimeSpan.FromHours(2)));
        (await Job()).ShouldBe(first);
        (await Left()).ShouldBe((1, 1));
    }

    [Test]
    public async Task Started_by_hand_it_has_no_job()
    {
        await Schedule(Spring);
        await Send(new StartCampaign(_campaign));
        (await Left()).ShouldBe((0, 0));
    }

    [Test]
    public async Task Cancelled_it_has_no_job()
    {
        await Schedule(Spring);
        await Send(new CancelCampaign(_campaign));
        (await Left()).ShouldBe((0, 0));
    }

    [Test]
    public async Task Discarded_it_has_no_job()
    {
        await Schedule(Spring);
        await Send(new DiscardCampaign(_campaign));
        (await Left()).ShouldBe((0, 0));
    }

    [Test]
    public async Task Another_campaign_of_the_same_time_keeps_its_job()
    {
        var other = await _mailing.Draft();
        await Schedule(Spring);
        await Send(new ScheduleCampaign(other, Spring));
        await Send(new UnscheduleCampaign(_campaign));
        (await Left()).ShouldBe((0, 0));
        (await Left(other)).ShouldBe((1, 1));
    }

    [Test]
    public async Task What_is_refused_leaves_the_job_as_it_was()
    {
        await Schedule(Spring);
        var first = await Job();
        await Should.ThrowAsync<Domain.RuleBrokenException>(
            Schedule(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero))
        );
        await Should.ThrowAsync<Domain.RuleBrokenException>(Send(new PauseCampaign(_campaign)));
        await Should.ThrowAsync<StaleVersionException>(Send(new DiscardCampaign(_campaign, ExpectedVersion: 1)));
        (await Job()).ShouldBe(first);
        (await Left()).ShouldBe((1, 1));
    }

    private Task Schedule(DateTimeOffset at) => Send(new ScheduleCampaign(_campaign, at));

    private Task Send(ICommand command) => _mailing.Service.Send(_mailing.Organization, command);

    /// <summary>The campaign's job, by Hangfire's id: fails where there is none.</summary>
    private Task<long> Job() => Scalar<long>("select j.hangfire_id", _campaign);

    private Task<string> HangfireState(long job) =>
        _mailing.Service.Scalar<string>($"select h.statename from hangfire.job h where h.id = {job}");

    private Task<DateTime> DueAt() => Scalar<DateTime>("select j.due_at", _campaign);

    /// <summary>How many jobs the campaign has, and how many keys of jobs.</summary>
    private async Task<(long Jobs, long Keys)> Left(int? campaign = null) =>
        (
            await Scalar<long>("select count(*)", campaign ?? _campaign),
            await _mailing.Service.Scalar<long>(
                $"select count(*) from jobs.keys k where k.key like 'campaign {campaign ?? _campaign} %'"
            )
        );

    private Task<T> Scalar<T>(string select, int campaign) =>
        _mailing.Service.Scalar<T>(
            $$"""
            {{select}}
            from jobs.jobs j
            join hangfire.job h on h.id = j.hangfire_id
            where j.name = 'send_campaign' and h.arguments->>1 like '%campaignId%:{{campaign}}}"'
            """
        );
}
