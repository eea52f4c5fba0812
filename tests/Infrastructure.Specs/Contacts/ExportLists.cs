using System.Text;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application.Contacts;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Contacts;

/// <summary>Lists as an organization gets them.</summary>
internal static class ExportLists
{
    /// <summary>The list as text.</summary>
    public static async Task<string> Export(
        this TestService service,
        Guid organization,
        ContactFileStyle style = ContactFileStyle.Escaped
    )
    {
        using var file = new MemoryStream();
        await service.Export(file, organization, style);
        return Encoding.UTF8.GetString(file.ToArray());
    }

    /// <param name="seen">Called at every contact that is written.</param>
    public static Task<bool> Export(
        this TestService service,
        Stream file,
        Guid organization,
        ContactFileStyle style,
        Action? seen = null
    ) =>
        service.As(
            organization,
            async services =>
            {
                var contacts = await services.GetRequiredService<IMediator>().Send(new ExportContacts());
                await services.GetRequiredService<IContactFileWriter>().Write(file, Seen(contacts), style);
                return true;

                async IAsyncEnumerable<ContactFileExport> Seen(IAsyncEnumerable<ContactFileExport> all)
                {
                    await foreach (var contact in all)
                    {
                        seen?.Invoke();
                        yield return contact;
                    }
                }
            }
        );
}
