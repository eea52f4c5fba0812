using System.Reflection;
using MediatR;

namespace SchemaHub.Application.Access;

/// <summary>
/// The one place that decides whether a request may be made: before its form is looked at, so that who may not ask
/// learns nothing. What a handler asks of others on the way is part of what was permitted.
/// </summary>
internal sealed class Authorization<TRequest, TAnswer>(
    CommandContext context,
    CurrentRequest current,
    IAccessLog decisions
) : IPipelineBehavior<TRequest, TAnswer>
    where TRequest : IRequest<TAnswer>
{
    private static readonly RequirementAttribute? Requirement =
        typeof(TRequest).GetCustomAttribute<RequirementAttribute>();

    private static readonly bool IsInSteps = typeof(TRequest).IsDefined(typeof(InStepsAttribute), inherit: false);

    public async Task<TAnswer> Handle(
        TRequest request,
        CancellationToken cancellationToken,
        RequestHandlerDelegate<TAnswer> next
    )
    {
        if (current.Running is not null)
            return await next();

        Decide(request);
        current.Begin(new RequestInProgress(request, IsInSteps));
        try
        {
            return await next();
        }
        finally
        {
            current.Begin(running: null);
        }
    }

    private void Decide(TRequest request)
    {
        if (context.IsNobody)
            throw Denied(request, "caller:set", "Nobody was set as the caller: nothing may be done.");

        // The service's own work asks nobody.
        if (context.Access.IsOperator && Requirement is not (null or RequiresSignInAttribute))
            return;

        switch (Requirement)
        {
            case RequiresNothingAttribute:
                return;
            case RequiresSignInAttribute when context.UserId is not null:
                return;
            case RequiresAttribute requires:
                Require(request, requires.Permission);
                return;
            case RequiresByContentAttribute when request is IRequiresByContent { RequiredPermission: { } permission }:
                Require(request, permission);
                return;
            case RequiresSignInAttribute:
                throw Denied(request, "own:account", "This is for people who are signed in, about their own account.");
            default:
                throw Denied(request, "installation:run", "This is for whoever runs the installation.");
        }
    }

    private void Require(TRequest request, string permission)
    {
        if (!context.Access.May(permission))
            throw Denied(
                request,
                permission,
                context is { UserId: not null, Tenant: Tenant.System }
                    ? "Choose an organization first: this is done in one."
                    : $"This needs the permission {permission}."
            );

        decisions.Allowed(context, permission, request);
    }

    private AccessDeniedException Denied(TRequest request, string permission, string reason)
    {
        decisions.Denied(context, permission, request, reason);
        return new AccessDeniedException(reason, permission);
    }
}
