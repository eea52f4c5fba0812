using System.CommandLine;
using SchemaHub.Application.Identity;

namespace SchemaHub.Api.CommandLine;

/// <summary><c>role</c>.</summary>
internal static class RoleVerbs
{
    public static Command Role()
    {
        var slug = new Argument<string>("slug") { Description = "The role's name within the organization." };
        var remove = new Command("remove", "Remove a role that nobody holds.") { slug, Verb.OrgOption };
        remove.Sends((parsed, _) => new RemoveRole(parsed.GetValue(slug)!));
        var list = new Command("list", "List the system's roles and the organization's own.") { Verb.OrgOption };
        list.Lists((limit, after) => new ListRoles(limit, after), Line);
        var show = new Command("show", "Show what a role permits.") { slug, Verb.OrgOption };
        show.On(
            async (workspace, parsed, cancellation) =>
            {
                var tenant = await workspace.Tenant(parsed, cancellation);
                var role = await workspace.Send(tenant, new GetRole(parsed.GetValue(slug)!), cancellation);
                Verb.Print(
                    parsed,
                    role,
                    shown =>
                        string.Join('\n', [$"{shown.Slug}: {shown.Name}", .. shown.Permissions.Select(p => $"  {p}")])
                );
            }
        );
        return new Command("role", "Roles.") { Save(), remove, list, show };
    }

    private static Command Save()
    {
        var slug = new Argument<string>("slug") { Description = "The role's name within the organization." };
        var name = new Option<string?>("--name") { Description = "What people call it; the slug where left out." };
        var description = new Option<string?>("--description") { Description = "What it is for." };
        var permissions = new Option<string[]>("--permit")
        {
            Description = "What it permits, such as contacts:read; given once for each.",
        };
        var save = new Command("save", "Make or replace a role of an organization.")
        {
            slug,
            Verb.OrgOption,
            name,
            description,
            permissions,
        };
        save.Sends(
            (parsed, _) =>
                new SaveRole(
                    parsed.GetValue(slug)!,
                    parsed.GetValue(name) ?? parsed.GetValue(slug)!,
                    parsed.GetValue(description),
                    parsed.GetValue(permissions) ?? []
                )
        );
        return save;
    }

    private static string Line(PublishedRole role) => $"{role.Slug, -24}  {string.Join(' ', role.Permissions)}";
}
