using System.CommandLine;
using System.Globalization;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Api.CommandLine;

/// <summary><c>builder</c>: logins for programs that are built on the log.</summary>
internal static class BuilderVerbs
{
    public static Command Builder() =>
        new("builder", "Logins of programs that you build on the event log.") { Create(), List(), Revoke() };

    private static Command Create()
    {
        var schema = new Argument<string>("schema")
        {
            Description = "The new schema in which it keeps its own tables.",
        };
        return new Command(
            "create",
            "Make a login that reads the whole log, cannot append to it, and owns a schema for its own tables."
        )
        {
            schema,
        }.On(
            async (workspace, parsed, cancellation) =>
            {
                var builder = await Builders.Create(workspace.Installation, parsed.GetValue(schema)!, cancellation);
                Verb.Print(parsed, builder, made => made.ConnectionString);
            }
        );
    }

    private static Command List() =>
        new Command("list", "Show the logins there are.").On(
            async (workspace, parsed, cancellation) =>
            {
                var builders = await Builders.List(workspace.Installation, cancellation);
                Verb.Print(parsed, builders, found => string.Join('\n', found.Select(Line)));
            }
        );

    private static Command Revoke()
    {
        var role = new Argument<string>("role") { Description = "The login, as `builder list` shows it." };
        return new Command(
            "revoke",
            "Take a login back: its sessions end at once, the role is dropped, and its schema stays with you."
        )
        {
            role,
        }.On(
            async (workspace, parsed, cancellation) =>
            {
                var name = parsed.GetValue(role)!;
                var wasThere = await Builders.Revoke(workspace.Installation, name, cancellation);
                Verb.Print(
                    parsed,
                    new { Role = name, WasThere = wasThere },
                    done => done.WasThere ? $"{name} was revoked." : $"There is no builder {name}. Nothing to do."
                );
            }
        );
    }

    private static string Line(Builder builder) =>
        string.Join(
            '\t',
            builder.Role,
            builder.Schema,
            $"{builder.Sessions.ToString(CultureInfo.InvariantCulture)} sessions"
        );
}
