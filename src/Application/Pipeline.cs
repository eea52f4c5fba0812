using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Domain;

namespace SchemaHub.Application;

/// <summary>Refuses what breaks a rule of form before any handler sees it.</summary>
internal sealed class Validation<TRequest, TAnswer>(IEnumerable<IValidator<TRequest>> validators)
    : IPipelineBehavior<TRequest, TAnswer>
    where TRequest : IRequest<TAnswer>
{
    public async Task<TAnswer> Handle(
        TRequest request,
        CancellationToken cancellationToken,
        RequestHandlerDelegate<TAnswer> next
    )
    {
        foreach (var validator in validators)
        {
            var result = await validator.ValidateAsync(request, cancellationToken);
            if (!result.IsValid)
                throw new ValidationException(result.Errors);
        }

        return await next();
    }
}

/// <summary>Registration of everything in this layer.</summary>
public static class ApplicationServices
{
    /// <summary>Adds handlers, validators and the pipeline. MediatR 12 would change this file only.</summary>
    public static IServiceCollection AddApplication(this IServiceCollection services)
    {
        services.AddScoped<ScopeCaller>();
        services.AddScoped(provider => provider.GetRequiredService<ScopeCaller>().Context);
        services.AddScoped<CurrentRequest>();
        services.AddSingleton<RunAs>();
        services.AddScoped<Campaigns.ScheduledStarts>();
        services.AddScoped<Contacts.Wordings>();
        services.AddScoped<Contacts.TokenHolders>();
        services.AddScoped<Identity.Roles>();
        services.AddScoped<Identity.AccountRemoval>();
        services.AddScoped<Identity.KeyPermissions>();
        services.AddScoped<Identity.SessionStreams>();
        services.AddScoped<Identity.OwnPassword>();
        services.AddScoped<Identity.PrivilegeGuard>();
        services.AddScoped<Identity.Leaving>();
        services.AddScoped<Identity.OwnerCaller>();
        services.AddScoped<Identity.Founding>();
        services.AddScoped<Identity.Seats>();
        services.AddScoped<Identity.InvitationMails>();
        services.AddScoped<Contacts.MailSenders>();
        services.AddScoped<Identity.OpenInvitations>();
        services.AddScoped<Identity.Joining>();
        services.AddScoped<Campaigns.TemplateStreams>();
        services.AddScoped<Campaigns.TemplateBodies>();
        services.AddScoped<Records.RecordDatabase>();
        services.AddScoped<Records.RecordStreams>();
        services.AddScoped<Records.RecordRefusals>();
        services.AddScoped<ServiceFactory>(provider => provider.GetService!);
        services.AddScoped<IMediator, Mediator>();
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(Access.Authorization<,>));
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(Idempotency<,>));
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(Validation<,>));
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(Identity.MemberAuthorization<,>));
        foreach (
            var type in typeof(ApplicationServices)
                .Assembly.GetTypes()
                .Where(type => type is { IsAbstract: false, IsGenericTypeDefinition: false })
        )
        {
            foreach (var port in type.GetInterfaces().Where(port => port.IsGenericType))
            {
                var definition = port.GetGenericTypeDefinition();
                if (definition == typeof(IRequestHandler<,>))
                    services.AddScoped(port, type);
                else if (definition == typeof(IValidator<>))
                    services.AddSingleton(port, type);
            }
        }

        return services;
    }
}
