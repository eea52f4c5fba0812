using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application;
using SchemaHub.Domain;
using SchemaHub.Domain.Contacts;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs;

/// <summary>Decisions without the commands, and the mails, around them.</summary>
internal static class Decisions
{
    public static async Task<Position> Change<TState, TEvent>(
        this TestService service,
        string tenant,
        Guid stream,
        Func<TState, IReadOnlyList<TEvent>> decide
    )
        where TState : IAggregate<TState, TEvent>
        where TEvent : class
    {
        await using var scope = service.Services.GetRequiredService<RunAs>().Operator(tenant);
        return await scope.Log.Change(stream, decide, CancellationToken.None);
    }

    public static Task<Position> Change(
        this TestService service,
        Guid organization,
        Guid contact,
        Func<Contact, IReadOnlyList<ContactEvent>> decide
    ) => service.Change<Contact, ContactEvent>(organization.ToString(), contact, decide);
}
