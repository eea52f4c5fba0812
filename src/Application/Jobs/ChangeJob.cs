using MediatR;
using SchemaHub.Application.Access;

namespace SchemaHub.Application.Jobs;

/// <summary>Runs a job now, pauses, resumes, retries it, or takes it back.</summary>
[Requires("jobs:write")]
public sealed record ChangeJob(Guid Id, JobChange Change) : IRequest;

internal sealed class ChangeJobHandler(IBackgroundJobs jobs) : IRequestHandler<ChangeJob, Unit>
{
    public async Task<Unit> Handle(ChangeJob request, CancellationToken cancellation)
    {
        await jobs.Change(request.Id, request.Change, cancellation);
        return Unit.Value;
    }
}
