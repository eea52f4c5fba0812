using FluentValidation;
using SchemaHub.Application.Access;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>Gives the organization another plan. Only the operator does, until plans can be bought.</summary>
/// <param name="Plan">One of <see cref="Plans"/>.</param>
/// <param name="Seats">Members it may have instead of the plan's number; null: the plan's.</param>
[RequiresOperator]
public sealed record SetPlan(string Plan, int? Seats = null) : ICommand;

internal sealed class SetPlanValidator : AbstractValidator<SetPlan>
{
    public SetPlanValidator()
    {
        RuleFor(command => command.Plan).Plan();
        RuleFor(command => command.Seats).Seats();
    }
}

internal sealed class SetPlanHandler(IEventLog log, CommandContext context) : ICommandHandler<SetPlan>
{
    public Task<Position> Handle(SetPlan command, CancellationToken cancellation) =>
        log.Change<Organization, OrganizationEvent>(
            context.OrganizationId,
            organization => organization.SetPlan(command.Plan, command.Seats),
            cancellation
        );
}

internal static class PlanRules
{
    private const int MostSeats = 100_000;

    public static IRuleBuilderOptions<T, string> Plan<T>(this IRuleBuilder<T, string> rule) =>
        rule.Must(plan => Plans.All.Contains(plan)).WithMessage($"A plan is one of {string.Join(", ", Plans.All)}.");

    public static IRuleBuilderOptions<T, int?> Seats<T>(this IRuleBuilder<T, int?> rule) =>
        rule.InclusiveBetween(1, MostSeats);
}
