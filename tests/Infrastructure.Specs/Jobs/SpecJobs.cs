using System.Collections.Concurrent;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application;
using SchemaHub.Application.Access;
using SchemaHub.Application.Jobs;

namespace SchemaHub.Infrastructure.Specs.Jobs;

/// <summary>What the jobs of these specs did, and what they wait for.</summary>
internal sealed class Happenings
{
    private int _gate;

    public ConcurrentQueue<(string What, string Tenant, string Actor)> Done { get; } = new();

    /// <summary>How often <see cref="Fragile"/> fails before it succeeds.</summary>
    public int Failures { get; set; } = int.MaxValue;

    public TaskCompletionSource SlowGate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Waiting => Volatile.Read(ref _gate);

    public TaskCompletionSource Gate { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Enter() => Interlocked.Increment(ref _gate);
}

[Job("spec.note")]
[RequiresOperator]
internal sealed record Note(string What) : IJob;

internal sealed class NoteValidator : AbstractValidator<Note>
{
    public NoteValidator() => RuleFor(note => note.What).NotEqual("forbidden");
}

internal sealed class NoteHandler(Happenings happenings, CommandContext context) : IJobHandler<Note>
{
    public Task<string> Handle(Note request, CancellationToken cancellationToken)
    {
        happenings.Done.Enqueue((request.What, context.Tenant, context.Actor));
        return Task.FromResult($"Noted {request.What}.");
    }
}

/// <summary>Fails as often as it is told to.</summary>
[Job("spec.fragile", MostAttempts = 4, FirstWaitSeconds = 10)]
[RequiresOperator]
internal sealed record Fragile(string What) : IJob;

internal sealed class FragileHandler(Happenings happenings, CommandContext context) : IJobHandler<Fragile>
{
    public Task<string> Handle(Fragile request, CancellationToken cancellationToken)
    {
        if (happenings.Failures-- > 0)
            throw new IOException($"{request.What} of ann@example.com broke.");

        happenings.Done.Enqueue((request.What, context.Tenant, context.Actor));
        return Task.FromResult("Held.");
    }
}

/// <summary>Runs until it is let go, or told to stop.</summary>
[Job("spec.long", MostAttempts = 3)]
[RequiresOperator]
internal sealed record Long(string What) : IJob;

internal sealed class LongHandler(Happenings happenings, CommandContext context) : IJobHandler<Long>
{
    public async Task<string> Handle(Long request, CancellationToken cancellationToken)
    {
        happenings.Enter();
        await happenings.Gate.Task.WaitAsync(cancellationToken);
        happenings.Done.Enqueue((request.What, context.Tenant, context.Actor));
        return "Let go.";
    }
}

/// <summary>Recurs every second.</summary>
[Job("spec.tick")]
[RequiresOperator]
internal sealed record Tick : IJob;

internal sealed class TickHandler(Happenings happenings, CommandContext context) : IJobHandler<Tick>
{
    public Task<string> Handle(Tick request, CancellationToken cancellationToken)
    {
        happenings.Done.Enqueue(("tick", context.Tenant, context.Actor));
        return Task.FromResult("Ticked.");
    }
}

/// <summary>Recurs every second, and runs until it is let go.</summary>
[Job("spec.slow")]
[RequiresOperator]
internal sealed record Slow : IJob;

internal sealed class SlowHandler(Happenings happenings) : IJobHandler<Slow>
{
    public async Task<string> Handle(Slow request, CancellationToken cancellationToken)
    {
        happenings.Done.Enqueue(("slow", "", ""));
        await happenings.SlowGate.Task.WaitAsync(cancellationToken);
        return "Let go.";
    }
}

/// <summary>Recurs once a year, and fails.</summary>
[Job("spec.yearly", MostAttempts = 1)]
[RequiresOperator]
internal sealed record Yearly : IJob;

internal sealed class YearlyHandler(Happenings happenings) : IJobHandler<Yearly>
{
    public Task<string> Handle(Yearly request, CancellationToken cancellationToken)
    {
        happenings.Done.Enqueue(("yearly", "", ""));
        throw new IOException("It broke.");
    }
}

/// <summary>The jobs of these specs beside the program's own.</summary>
internal static class SpecJobs
{
    /// <param name="recurring">What recurs beside what is the program's own; nothing of it where null.</param>
    public static void Add(
        IServiceCollection services,
        Happenings happenings,
        IReadOnlyList<RecurringRow>? recurring = null
    )
    {
        services.AddSingleton(happenings);
        services.AddScoped<IRequestHandler<Note, string>, NoteHandler>();
        services.AddScoped<IRequestHandler<Fragile, string>, FragileHandler>();
        services.AddScoped<IRequestHandler<Long, string>, LongHandler>();
        services.AddScoped<IRequestHandler<Tick, string>, TickHandler>();
        services.AddScoped<IRequestHandler<Slow, string>, SlowHandler>();
        services.AddScoped<IRequestHandler<Yearly, string>, YearlyHandler>();
        services.AddSingleton<IValidator<Note>, NoteValidator>();
        services.AddSingleton(new JobTypes(typeof(ApplicationServices).Assembly, typeof(SpecJobs).Assembly));
        services.AddSingleton(
            new JobsOptions
            {
                AtOnce = 4,
                LookMilliseconds = 50,
                TakeOverSeconds = 3,
            }
        );
        services.AddSingleton(new RecurringTable(recurring ?? []));
    }
}
