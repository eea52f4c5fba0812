using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.Contacts;
using SchemaHub.Testing;

namespace SchemaHub.Benchmarks;

/// <summary>Fills a site with contacts before anything is timed, by the path that imports take.</summary>
internal static class SampleList
{
    // Two events each, and 4,096 events to a batch of the log.
    private const int ContactsAtOnce = 2_000;

    /// <summary>One contact with a consent that was renewed until its stream has that many events.</summary>
    public static async Task<Position> AddHistory(TestService service, Guid organization, int events)
    {
        var wordings = await PublishWordings(service, organization);
        var added = await service.Send(organization, NewContact.Ask(), NewContact.Caller);
        for (var i = 1; i < events; i++)
        {
            var wording = i % 2 == 0 ? wordings.First : wordings.Second;
            var consent = new GiveConsent(added.Number, new ConsentInput(Wording: wording));
            await service.Send(organization, consent, NewContact.Caller);
        }

        return added;
    }

    /// <summary>
    /// Adds contacts, each with a consent, and with a second one to another wording where that is given.
    /// </summary>
    public static async Task Add(TestService service, Guid organization, int count, string? renewedTo = null)
    {
        var tenant = organization.ToString();
        await using var scope = service.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<ScopeCaller>().Set(RunAs.OperatorContext(tenant));
        var log = scope.ServiceProvider.GetRequiredService<IEventLog>();
        for (var done = 0; done < count; done += ContactsAtOnce)
        {
            var changes = new List<(Guid, Func<Contact, IReadOnlyList<ContactEvent>>)>();
            for (var i = done; i < Math.Min(count, done + ContactsAtOnce); i++)
            {
                var (stream, added) = NewContact.Event(service.Installation.Keys, tenant);
                changes.Add((stream, contact => contact.Add(added)));
                if (renewedTo is not null)
                    changes.Add((stream, contact => Renew(contact, renewedTo, added.Evidence)));
            }

            await log.ChangeTogether(decided => decided.ChangeMany(changes), CancellationToken.None);
        }
    }

    /// <summary>Publishes two wordings to agree to in turn; answers with what names them.</summary>
    public static async Task<(string First, string Second)> PublishWordings(TestService service, Guid organization)
    {
        var first = new PublishWording("en", "Write to me once a month about new episodes.");
        var second = new PublishWording("en", "Write to me once a week about new episodes and shows.");
        await service.Send(organization, first);
        await service.Send(organization, second);
        return (first.Sha256, second.Sha256);
    }

    /// <summary>The contacts, in the order in which they came.</summary>
    public static async Task<List<(Guid Stream, int Number)>> Contacts(TestService service)
    {
        await using var command = service.Installation.Administrator.CreateCommand(
            "select n.id, n.number::int from events.streams n join events.mt_streams s on s.tenant_id = n.tenant_id "
                + "and s.id = n.id where s.type = 'contact' order by n.number"
        );
        await using var reader = await command.ExecuteReaderAsync();
        var contacts = new List<(Guid, int)>();
        while (await reader.ReadAsync())
            contacts.Add((reader.GetGuid(0), reader.GetInt32(1)));

        return contacts;
    }

    private static IReadOnlyList<ContactEvent> Renew(Contact contact, string wording, Evidence? evidence) =>
        contact.GiveConsent(
            new Consent(Purposes.Newsletter, LegalBases.Consent, ConsentMethods.SingleOptIn, wording, Language: null),
            Sources.Api,
            evidence
        );
}
