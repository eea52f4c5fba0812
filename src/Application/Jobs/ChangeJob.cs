using FluentValidation;
using MediatR;
using SchemaHub.Application.Access;

namespace SchemaHub.Application.Jobs;

/// <summary>Runs a job now, retries it, or takes it back.</summary>
[Requires("jobs:write")]
public sealed record ChangeJob(Guid Id, JobChange Change) : IRequest;

internal sealed class ChangeJobValidator : AbstractValidator<ChangeJob>
{
    public ChangeJobValidator() =>
        RuleFor(command => command.Change)
            .Must(change => change is JobChange.RunNow or JobChange.Retry or JobChange.Cancel)
            .WithMessage("A job is run, retried or cancelled; only recurring ones are paused.");
}

internal sealed class ChangeJobHandler(IBackgroundJobs jobs) : IRequestHandler<ChangeJob, Unit>
{
    public async Task<Unit> Handle(ChangeJob request, CancellationToken cancellation)
    {
        await jobs.Change(request.Id, request.Change, cancellation);
        return Unit.Value;
    }
}
