using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Application.Podcasts;

namespace SchemaHub.Application.Jobs;

/// <summary>One job that is not done.</summary>
[Requires("jobs:read")]
public sealed record GetJob(Guid Id) : IQuery<PendingJob>;

internal sealed class GetJobHandler(IMediator mediator) : IRequestHandler<GetJob, PendingJob>
{
    public async Task<PendingJob> Handle(GetJob query, CancellationToken cancellation)
    {
        var found = await mediator.Send(new ListJobs(new TimeSpanOfRows(Limit: 1), Id: query.Id), cancellation);
        return found.Items is [var job] ? job : throw new NotFoundException("job");
    }
}
