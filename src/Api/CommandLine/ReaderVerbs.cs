using System.CommandLine;
using System.Globalization;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Api.CommandLine;

/// <summary><c>reader</c>: logins for SQL and BI tools.</summary>
internal static class ReaderVerbs
{
    public static Command Reader() => new("reader", "Logins of SQL readers.") { Create(), List(), Revoke() };

    private static Command Create()
    {
        var create = new Command(
            "create",
            "Make a login for SQL and BI tools that sees one organization's published rows and nothing else."
        )
        {
            Verb.OrgOption,
        };
        return create.On(
            async (workspace, parsed, cancellation) =>
            {
                var tenant = Guid.Parse(await workspace.Tenant(parsed, cancellation));
                var reader = await Readers.Create(
                    workspace.Installation,
                    tenant,
                    cancellation,
                    Verb.Settings(workspace.Options.Readers.Checked)
                );
                Verb.Print(parsed, reader, made => made.ConnectionString);
                if (parsed.GetValue(Verb.JsonOption))
                    return;

                Verb.Say(
                    "It may not read these columns. On their tables, name the columns you want: select * is refused."
                );
                foreach (var (table, columns) in reader.Hidden)
                    Verb.Say($"  {table}: {string.Join(", ", columns)}");
            }
        );
    }

    private static Command List()
    {
        var org = new Option<string?>("--org")
        {
            Description = "Only of this organization, by its slug or id; of all where left out.",
        };
        return new Command("list", "Show the logins there are.") { org }.On(
            async (workspace, parsed, cancellation) =>
            {
                Guid? tenant = parsed.GetValue(org) is { } named
                    ? Guid.Parse(await workspace.Tenant(named, cancellation))
                    : null;
                var readers = await Readers.List(workspace.Installation, tenant, cancellation);
                Verb.Print(parsed, readers, found => string.Join('\n', found.Select(Line)));
            }
        );
    }

    private static Command Revoke()
    {
        var role = new Argument<string>("role") { Description = "The login, as `reader list` shows it." };
        return new Command("revoke", "Take a login back: its sessions end at once, and the role is dropped.")
        {
            role,
        }.On(
            async (workspace, parsed, cancellation) =>
            {
                var revoked = await ReaderRevocation.Revoke(
                    workspace.Installation,
                    parsed.GetValue(role)!,
                    cancellation
                );
                Verb.Print(
                    parsed,
                    revoked,
                    done =>
                        done.WasThere
                            ? $"{done.Role} was revoked; {done.SessionsEnded} of its sessions were ended."
                            : $"There is no reader {done.Role}, or not any more. Nothing to do."
                );
            }
        );
    }

    private static string Line(Reader reader) =>
        string.Join(
            '\t',
            reader.Role,
            reader.Organization ?? reader.OrganizationId.ToString(),
            reader.State,
            reader.CreatedAt.UtcDateTime.ToString("u", CultureInfo.InvariantCulture),
            $"{reader.Sessions.ToString(CultureInfo.InvariantCulture)} sessions"
        );
}
