using System.Globalization;
using System.Runtime.CompilerServices;
using MediatR;
using SchemaHub.Api.Http;
using SchemaHub.Application;
using SchemaHub.Application.Jobs;

namespace SchemaHub.Api.Jobs;

/// <summary>Jobs as they change: for a page that shows them live.</summary>
internal static class JobEvents
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    /// <summary>Follows as the caller of a request.</summary>
    public static async Task<EventStream> Stream(
        HttpContext http,
        CommandContext context,
        IMediator mediator,
        RunAs runAs
    )
    {
        var last = EventStream.LastId(http.Request);
        if (last is not null && !long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            throw new MalformedRequestException("Last-Event-ID", "It is the id of an event of this stream.");

        // Asked once before the stream begins, so that who may not gets a refusal and no stream.
        var now = await mediator.Send(new LatestRuns(After: null), http.RequestAborted);
        return new EventStream(
            Follow(
                context,
                runAs,
                last is null ? now.Last : long.Parse(last, CultureInfo.InvariantCulture),
                http.RequestAborted
            )
        );
    }

    /// <summary>Counts and runs as they come, for a tenant, or for the operator.</summary>
    /// <param name="caller">Who follows.</param>
    /// <param name="after">The last run that is known already; those from now on where null.</param>
    public static async IAsyncEnumerable<Told> Follow(
        CommandContext caller,
        RunAs runAs,
        long? after,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        var known = after ?? (await Send(new LatestRuns(After: null), cancellation)).Last;
        JobCounts? told = null;
        await foreach (
            var seen in EventStream.Changes<LiveJobs>(
                async end =>
                {
                    var runs = await Send(new LatestRuns(known), end);
                    known = runs.Last;
                    return new LiveJobs(await Send(new CountJobs(), end), runs.Items);
                },
                Look,
                cancellation
            )
        )
        {
            foreach (var run in seen.Runs)
                yield return new Told("run", run, run.Id.ToString(CultureInfo.InvariantCulture));

            if (seen.Counts != told)
                yield return new Told("counts", told = seen.Counts);
        }

        async Task<T> Send<T>(IRequest<T> request, CancellationToken end)
        {
            // A scope a look: the stream may go on for days.
            await using var scope = runAs.Caller(caller);
            return await scope.Send(request, end);
        }
    }

    private sealed record LiveJobs(JobCounts Counts, IReadOnlyList<JobRunRow> Runs);
}
