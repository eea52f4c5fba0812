using System.Globalization;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using SchemaHub.Api.Http;
using SchemaHub.Api.Podcasts;
using SchemaHub.Application.Jobs;
using SchemaHub.Application.Podcasts;

namespace SchemaHub.Api.Jobs;

/// <summary>
/// Background jobs: what runs, what is next, what ran and what failed. A key of an organization sees its own; the
/// operator's token sees all.
/// </summary>
internal static class JobEndpoints
{
    private const char Separator = '\n';
    private const int DefaultBucketSeconds = 60;

    public static void MapJobs(this IEndpointRouteBuilder api)
    {
        var jobs = api.MapGroup("/jobs").WithTags("Jobs");
        jobs.MapGet("", Pending)
            .WithSummary("List jobs that are not done")
            .InOrder("by when they are due, earliest first");
        jobs.MapGet("/counts", (IMediator mediator, CancellationToken end) => mediator.Send(new CountJobs(), end))
            .WithSummary("Count jobs by state")
            .WithDescription($"A number over {CountJobs.Most:N0} says only that there are more.");
        jobs.MapGet("/runs", Runs).WithSummary("List runs of jobs").InOrder("newest first");
        jobs.MapGet("/throughput", Throughput)
            .WithSummary("Count runs over time")
            .WithDescription("The last hour by minutes, unless from, to and bucketSeconds say otherwise.")
            .InOrderAtOnce("oldest first", "one row for each bucket and status");
        jobs.MapGet("/events", JobEvents.Stream)
            .DisableRequestTimeout()
            .WithSummary("Follow jobs live")
            .WithDescription(
                "Server-sent events: `counts` whenever they change, and `run` for each run that ends; with "
                    + "`Last-Event-ID` they go on there. The list of runs has every one, also where nodes overlap."
            );
        jobs.MapGet(
                "/{id:guid}",
                (Guid id, IMediator mediator, CancellationToken end) => mediator.Send(new GetJob(id), end)
            )
            .WithSummary("Show a job that is not done");
        MapChanges(jobs);
        MapRecurring(jobs.MapGroup("/recurring"));
    }

    private static void MapChanges(RouteGroupBuilder jobs)
    {
        Map("run", JobChange.RunNow, "Run a waiting job now");
        Map("retry", JobChange.Retry, "Start a failed job over");
        jobs.MapDelete(
                "/{id:guid}",
                (Guid id, IMediator mediator, CancellationToken end) => Change(id, JobChange.Cancel, mediator, end)
            )
            .WithSummary("Take a job back")
            .WithDescription("A running one is told to stop; a failed one is given up.")
            .Produces(StatusCodes.Status204NoContent);

        void Map(string verb, JobChange change, string summary) =>
            jobs.MapPost(
                    $"/{{id:guid}}/{verb}",
                    (Guid id, IMediator mediator, CancellationToken end) => Change(id, change, mediator, end)
                )
                .WithSummary(summary)
                .Produces(StatusCodes.Status204NoContent);
    }

    private static void MapRecurring(RouteGroupBuilder recurring)
    {
        recurring.MapGet("", Recurring).WithSummary("List what recurs").InOrder("by name");
        Map("run", JobChange.RunNow, "Run a recurring job once more, now");
        Map("pause", JobChange.Pause, "Pause a recurring job");
        Map("resume", JobChange.Resume, "Resume a recurring job");

        void Map(string verb, JobChange change, string summary) =>
            recurring
                .MapPost(
                    $"/{{name}}/{verb}",
                    async (string name, IMediator mediator, CancellationToken end) =>
                    {
                        await mediator.Send(new ChangeRecurringJob(name, change), end);
                        return TypedResults.NoContent();
                    }
                )
                .WithSummary(summary);
    }

    private static async Task<NoContent> Change(
        Guid id,
        JobChange change,
        IMediator mediator,
        CancellationToken cancellation
    )
    {
        await mediator.Send(new ChangeJob(id, change), cancellation);
        return TypedResults.NoContent();
    }

    private static async Task<Paged<PendingJob>> Pending(
        IMediator mediator,
        CancellationToken cancellation,
        string? state = null,
        string? name = null,
        int limit = 50,
        string? after = null
    )
    {
        var list = $"jobs state={state} name={name}";
        var page = await mediator.Send(
            new ListJobs(new TimeSpanOfRows(Limit: limit, After: TimeTokens.Read(list, after)), state, name),
            cancellation
        );
        return new Paged<PendingJob>(page.Items, TimeTokens.Of(list, page.Next));
    }

    private static async Task<Paged<JobRunRow>> Runs(
        IMediator mediator,
        CancellationToken cancellation,
        string? from = null,
        string? to = null,
        string? name = null,
        string? status = null,
        Guid? job = null,
        int limit = 50,
        string? after = null
    )
    {
        var list = $"runs from={from} to={to} name={name} status={status} job={job}";
        var page = await mediator.Send(
            new ListRuns(
                Instants.Parse("from", from),
                Instants.Parse("to", to),
                name,
                status,
                job,
                limit,
                ReadRun(list, after)
            ),
            cancellation
        );
        var next = page.Next is { } last
            ? PageToken.Write(
                list,
                string.Create(CultureInfo.InvariantCulture, $"{last.At.UtcTicks}{Separator}{last.Id}")
            )
            : null;
        return new Paged<JobRunRow>(page.Items, next);
    }

    private static Task<IReadOnlyList<RunCount>> Throughput(
        IMediator mediator,
        TimeProvider clock,
        CancellationToken cancellation,
        string? from = null,
        string? to = null,
        int bucketSeconds = DefaultBucketSeconds,
        string? name = null
    )
    {
        var until = Instants.Parse("to", to) ?? clock.GetUtcNow();
        var since = Instants.Parse("from", from) ?? until.AddHours(-1);
        return mediator.Send(new CountRuns(since, until, bucketSeconds, name), cancellation);
    }

    private static async Task<Paged<RecurringJob>> Recurring(
        IMediator mediator,
        CancellationToken cancellation,
        int limit = 50,
        string? after = null
    )
    {
        const string list = "recurring";
        var last = after is null ? null : PageToken.Place(list, after);
        var page = await mediator.Send(new ListRecurring(limit, last), cancellation);
        var next = page.Next is { } name ? PageToken.Write(list, name) : null;
        return new Paged<RecurringJob>(page.Items, next);
    }

    private static RunKey? ReadRun(string list, string? after)
    {
        if (after is null)
            return null;

        return
            PageToken.Place(list, after).Split(Separator) is [var at, var key]
            && long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
            && ticks <= DateTimeOffset.MaxValue.UtcTicks
            && long.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? new RunKey(new DateTimeOffset(ticks, TimeSpan.Zero), id)
            : throw PageToken.Wrong();
    }
}
