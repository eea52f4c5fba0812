using System.Globalization;
using System.Text;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Contacts;

/// <summary>Lists that a spec wrote down, brought in, and what became of them.</summary>
internal static class ImportLists
{
    public static readonly string Samples = Path.Combine(Root(), "samples");

    /// <summary>Imports a list as an operator of the organization.</summary>
    /// <param name="answer">Sets what a person answers beside the file.</param>
    public static Task<ImportResult> Import(
        this TestService service,
        Guid organization,
        string csv,
        Func<ImportContacts, ImportContacts>? answer = null,
        CancellationToken cancellation = default
    ) => service.Import(organization, Encoding.UTF8.GetBytes(csv), answer, cancellation);

    public static async Task<ImportResult> Import(
        this TestService service,
        Guid organization,
        byte[] file,
        Func<ImportContacts, ImportContacts>? answer = null,
        CancellationToken cancellation = default
    )
    {
        using var stream = new MemoryStream(file);
        var command = new ImportContacts(stream, new ContactFileOptions());
        return await service.As(
            organization,
            services =>
                services.GetRequiredService<IMediator>().Send(answer is null ? command : answer(command), cancellation)
        );
    }

    /// <summary>Something the person of an address did, decided by the contact itself.</summary>
    public static Task<Position> Change(
        this TestService service,
        Guid organization,
        string email,
        Func<Contact, IReadOnlyList<ContactEvent>> decide
    ) =>
        service.As(
            organization,
            services =>
                services
                    .GetRequiredService<IEventLog>()
                    .Change(
                        services
                            .GetRequiredService<IKeyedIds>()
                            .OfContact(organization.ToString(), EmailAddress.Parse(email)),
                        decide,
                        CancellationToken.None
                    )
        );

    public static async Task<T> As<T>(this TestService service, Guid organization, Func<IServiceProvider, Task<T>> work)
    {
        await using var scope = service.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<ScopeCaller>().Set(RunAs.OperatorContext(organization.ToString()));
        return await work(scope.ServiceProvider);
    }

    /// <summary>
    /// What is published of an organization's contacts, but for ids and times: equal lists are equal here.
    /// </summary>
    public static Task<List<string>> Published(this TestService service, Guid organization) =>
        service.Rows(
            $"""
            (
                select c.email, c.name, c.subscribed, c.metadata, h.action, h.source, h.ip_address,
                    h.metadata - 'import' as history
                from backstage.contacts c
                left join backstage.consent_history h on h.contact_id = c.id
                where c.organization_id = '{organization}'
            )
            """
        );

    /// <summary>The history of an address, oldest first: what was done, and its metadata.</summary>
    public static Task<string> History(this TestService service, Guid organization, string email) =>
        service.Scalar<string>(
            $"""
            select coalesce(string_agg(h.action || ' ' || (h.metadata - 'import'), E'\n' order by h.id), '')
            from backstage.contacts c
            left join backstage.consent_history h on h.contact_id = c.id
            where c.organization_id = '{organization}' and c.email = '{email}'
            """
        );

    /// <summary>The addresses that may be written to.</summary>
    public static Task<string> Subscribed(this TestService service, Guid organization) =>
        service.Scalar<string>(
            $"""
            select coalesce(string_agg(c.email, ' ' order by c.email), '') from backstage.contacts c
            where c.organization_id = '{organization}' and c.subscribed
            """
        );

    /// <summary>A list of so many people with opt-ins; every fifteenth row is bad.</summary>
    public static string Long(int rows)
    {
        var csv = new StringBuilder("email,name,opt_in_at,opt_in_ip\n");
        for (var i = 0; i < rows; i++)
        {
            var at = i % 15 == 7 ? "yesterday" : "2024-03-01T10:00:00Z";
            csv.Append(CultureInfo.InvariantCulture, $"p{i}@example.org,Person {i},{at},192.0.2.{i % 250}\n");
        }

        return csv.ToString();
    }

    private static string Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "SchemaHub.sln")))
            directory = directory.Parent ?? throw new DirectoryNotFoundException("No SchemaHub.sln above the specs.");

        return directory.FullName;
    }
}
