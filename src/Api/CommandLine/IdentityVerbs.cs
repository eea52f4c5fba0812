using System.CommandLine;
using SchemaHub.Application;
using SchemaHub.Application.Identity;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Api.CommandLine;

/// <summary><c>key</c>, <c>reader</c>.</summary>
internal static class IdentityVerbs
{
    public static Command Key()
    {
        var name = new Option<string>("--name")
        {
            Description = "What it is for.",
            DefaultValueFactory = _ => "command line",
        };
        var test = new Option<bool>("--test") { Description = "A key for trying things out (sk_test_…)." };
        var create = new Command("create", "Make an API key. It is shown once, now.") { Verb.OrgOption, name, test };
        create.On(
            async (workspace, parsed, cancellation) =>
            {
                var key = await workspace.Send(
                    await workspace.Tenant(parsed, cancellation),
                    new CreateApiKey(parsed.GetValue(name)!, parsed.GetValue(test)),
                    cancellation
                );
                Verb.Print(parsed, key, made => made.Key);
            }
        );
        var id = new Argument<Guid>("id") { Description = "The key's id, as `key list` shows it." };
        var reason = new Option<string?>("--reason") { Description = "Why." };
        var revoke = new Command("revoke", "Take a key back for good.") { id, Verb.OrgOption, reason };
        revoke.Sends((parsed, _) => new RevokeApiKey(parsed.GetValue(id), parsed.GetValue(reason)));
        var rotate = new Command("rotate", "Give a key another secret. It is shown once, now.") { id, Verb.OrgOption };
        rotate.On(
            async (workspace, parsed, cancellation) =>
            {
                var key = await workspace.Send(
                    await workspace.Tenant(parsed, cancellation),
                    new RotateApiKey(parsed.GetValue(id)),
                    cancellation
                );
                Verb.Print(parsed, key, made => made.Key);
            }
        );
        var list = new Command("list", "List the keys, revoked ones too.") { Verb.OrgOption };
        list.Lists(
            (limit, after) => new ListApiKeys(limit, after),
            key => $"{key.Id}  {key.Prefix}…  {key.Name}{(key.RevokedAt is null ? "" : "  (revoked)")}"
        );
        return new Command("key", "API keys.") { create, rotate, revoke, list };
    }

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
