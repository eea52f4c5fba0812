using System.Runtime.ExceptionServices;
using SchemaHub.Application;
using SchemaHub.Application.Jobs;

namespace SchemaHub.Infrastructure.Jobs;

/// <summary>Runs a job here and now, past the queue, for somebody who waits: it leaves its row, too.</summary>
public sealed class JobByHand
{
    private readonly JobRun _run;
    private readonly JobRows _rows;
    private readonly JobTypes _types;

    internal JobByHand(JobRun run, JobRows rows, JobTypes types) => (_run, _rows, _types) = (run, rows, types);

    /// <summary>Answers what it did, in words; fails as it fails.</summary>
    public async Task<string> Do(IJob command, CancellationToken cancellation)
    {
        var type = _types.Of(command);
        var job = new ClaimedJob(
            Guid.CreateVersion7(),
            Organization: null,
            type.Name,
            type.ToJson(command),
            Actors.Operator,
            Attempt: 1
        );
        var outcome = await _run.Do(job, cancellation);
        cancellation.ThrowIfCancellationRequested();
        await _rows.Record(outcome);
        if (outcome.Failure is { } failure)
            ExceptionDispatchInfo.Throw(failure.Cause);

        return outcome.Message;
    }
}
