using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application;
using SchemaHub.Domain.Contacts;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Compliance;

/// <summary>Decisions of a contact without the command, and the mail, around them.</summary>
internal static class Decisions
{
    public static async Task<Position> Change(
        this TestService service,
        Guid organization,
        Guid contact,
        Func<Contact, IReadOnlyList<ContactEvent>> decide
    )
    {
        await using var scope = service.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<ScopeCaller>().Set(RunAs.OperatorContext(organization.ToString()));
        return await scope
            .ServiceProvider.GetRequiredService<IEventLog>()
            .Change<Contact, ContactEvent>(contact, decide, CancellationToken.None);
    }
}
