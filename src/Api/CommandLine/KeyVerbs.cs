using System.CommandLine;
using System.Globalization;
using System.Text;
using SchemaHub.Application.Identity;

namespace SchemaHub.Api.CommandLine;

/// <summary><c>key</c>: what programs open the API with.</summary>
internal static class KeyVerbs
{
    public static Command Key() => new("key", "API keys.") { Create(), Rotate(), Revoke(), Show(), List() };

    private static Command Create()
    {
        var name = new Option<string>("--name")
        {
            Description = "What it is for.",
            DefaultValueFactory = _ => "command line",
        };
        var test = new Option<bool>("--test") { Description = "A key for trying things out (sk_test_…)." };
        var description = new Option<string?>("--description") { Description = "More about it." };
        var user = new Option<Guid?>("--user")
        {
            Description = "The member whose key it is, by the id that `member list` shows; the owner where left out.",
        };
        var expires = new Option<DateTimeOffset?>("--expires")
        {
            Description = "When it ends, such as 2027-01-31T12:00Z; it does not where left out.",
        };
        var policy = new Option<string>("--rotation")
        {
            Description = $"How often it wants another secret: {string.Join(", ", RotationPolicies.All)}.",
            DefaultValueFactory = _ => RotationPolicies.Manual,
        };
        var scopes = new Option<string[]>("--scope")
        {
            Description =
                "A permission it carries, such as contacts:read; again for more. All of its member's where "
                + "left out.",
            AllowMultipleArgumentsPerToken = true,
        };
        var create = new Command("create", "Make an API key. It is shown once, now.")
        {
            Verb.OrgOption,
            name,
            test,
            description,
            user,
            expires,
            policy,
            scopes,
        };
        return create.On(
            async (workspace, parsed, cancellation) =>
            {
                var key = await workspace.Send(
                    await workspace.Tenant(parsed, cancellation),
                    new CreateApiKey(
                        parsed.GetValue(name)!,
                        parsed.GetValue(test),
                        parsed.GetValue(description),
                        parsed.GetValue(user),
                        parsed.GetValue(expires),
                        parsed.GetValue(policy)!,
                        parsed.GetValue(scopes) is { Length: > 0 } named ? named : null
                    ),
                    cancellation
                );
                Verb.Print(parsed, key, made => made.Key);
            }
        );
    }

    private static Command Rotate()
    {
        var id = IdArgument();
        var grace = new Option<int?>("--grace")
        {
            Description =
                "Hours for which the secret before still opens, 0 to 168: 0 after a leak. Left out: 24 where "
                + "the key has a rotation policy, or else 0.",
        };
        var rotate = new Command("rotate", "Give a key another secret. It is shown once, now.")
        {
            id,
            Verb.OrgOption,
            grace,
        };
        return rotate.On(
            async (workspace, parsed, cancellation) =>
            {
                var key = await workspace.Send(
                    await workspace.Tenant(parsed, cancellation),
                    new RotateApiKey(parsed.GetValue(id), parsed.GetValue(grace)),
                    cancellation
                );
                Verb.Print(parsed, key, made => made.Key);
                if (key.PreviousUntil is { } until)
                    Verb.Say($"The secret before opens until {Utc(until)}.");
            }
        );
    }

    private static Command Revoke()
    {
        var id = IdArgument();
        var reason = new Option<string?>("--reason") { Description = "Why." };
        var revoke = new Command("revoke", "Take a key back for good.") { id, Verb.OrgOption, reason };
        revoke.Sends((parsed, _) => new RevokeApiKey(parsed.GetValue(id), parsed.GetValue(reason)));
        return revoke;
    }

    private static Command Show()
    {
        var id = IdArgument();
        var show = new Command("show", "Show a key, and how it is used.") { id, Verb.OrgOption };
        return show.On(
            async (workspace, parsed, cancellation) =>
            {
                var key = await workspace.Send(
                    await workspace.Tenant(parsed, cancellation),
                    new GetApiKey(parsed.GetValue(id)),
                    cancellation
                );
                Verb.Print(parsed, key, Described);
            }
        );
    }

    private static Command List()
    {
        var list = new Command("list", "List the keys, revoked ones too.") { Verb.OrgOption };
        list.Lists(
            (limit, after) => new ListApiKeys(limit, after),
            key => $"{key.Id}  {key.Prefix}…  {key.Name}{Remark(key)}"
        );
        return list;
    }

    private static Argument<Guid> IdArgument() => new("id") { Description = "The key's id, as `key list` shows it." };

    private static string Remark(PublishedApiKey key) =>
        key switch
        {
            { RevokedAt: not null } => "  (revoked)",
            { RotationDue: true } => "  (rotation due)",
            _ => "",
        };

    private static string Described(PublishedApiKey key)
    {
        var lines = new StringBuilder();
        Line("key", $"{key.Prefix}…  {key.Name}{Remark(key)}");
        Line("description", key.Description);
        Line("holder", key.UserId?.ToString());
        Line("made by", key.MadeBy?.ToString() ?? "the operator");
        Line("for", key.IsProgramOfOrganization ? "programs of the organization" : "programs of its holder");
        Line("scopes", key.Scopes is { } scopes ? string.Join(' ', scopes) : "all of the holder's");
        Line("made", Utc(key.CreatedAt));
        Line("ends", key.ExpiresAt is { } ends ? Utc(ends) : "never by itself");
        Line("rotation", key.NextRotationAt is { } next ? $"{key.RotationPolicy}, next {Utc(next)}" : "by hand");
        Line("secret before", key.PreviousUntil is { } until ? $"opens until {Utc(until)}" : null);
        Line("used", key.LastUsedAt is { } used ? $"{key.UsageCount} times, last {Utc(used)}" : "never");
        Line("revoked", key.RevokedAt is { } revoked ? $"{Utc(revoked)} {key.RevokedReason}" : null);
        return lines.ToString().TrimEnd();

        void Line(string name, string? value)
        {
            if (value is not null)
                lines.AppendLine(CultureInfo.InvariantCulture, $"{name, -14} {value}");
        }
    }

    private static string Utc(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
}
