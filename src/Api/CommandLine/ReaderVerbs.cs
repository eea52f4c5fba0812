using System.CommandLine;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Api.CommandLine;

/// <summary><c>reader</c>.</summary>
internal static class ReaderVerbs
{
    public static Command Reader()
    {
        var create = new Command(
            "create",
            "Make a login for SQL and BI tools that sees one organization's published rows and nothing else."
        )
        {
            Verb.OrgOption,
        };
        create.On(
            async (workspace, parsed, cancellation) =>
            {
                var tenant = Guid.Parse(await workspace.Tenant(parsed, cancellation));
                var reader = await Readers.Create(workspace.Installation, tenant, cancellation);
                Verb.Print(parsed, reader, made => made.ConnectionString);
            }
        );
        return new Command("reader", "Logins of SQL readers.") { create };
    }
}
