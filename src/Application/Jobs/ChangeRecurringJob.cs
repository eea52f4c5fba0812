using FluentValidation;
using MediatR;
using SchemaHub.Application.Access;

namespace SchemaHub.Application.Jobs;

/// <summary>Runs a recurring job once more now, pauses or resumes it.</summary>
[Requires("jobs:write")]
public sealed record ChangeRecurringJob(string Name, JobChange Change) : IRequest;

internal sealed class ChangeRecurringJobValidator : AbstractValidator<ChangeRecurringJob>
{
    public ChangeRecurringJobValidator() =>
        RuleFor(command => command.Change)
            .Must(change => change is JobChange.RunNow or JobChange.Pause or JobChange.Resume)
            .WithMessage("A recurring job is run, paused or resumed.");
}

internal sealed class ChangeRecurringJobHandler(IBackgroundJobs jobs) : IRequestHandler<ChangeRecurringJob, Unit>
{
    public async Task<Unit> Handle(ChangeRecurringJob request, CancellationToken cancellation)
    {
        await jobs.ChangeRecurring(request.Name, request.Change, cancellation);
        return Unit.Value;
    }
}
