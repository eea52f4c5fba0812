using System.CommandLine;
using MediatR;
using SchemaHub.Application;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Identity;

namespace SchemaHub.Api.CommandLine;

/// <summary><c>member</c>, <c>user</c>, <c>role</c>.</summary>
internal static class MemberVerbs
{
    public static Command Member()
    {
        var email = new Option<string>("--email") { Description = "Their mail address.", Required = true };
        var role = new Option<string>("--role")
        {
            Description = "A role: admin, member, moderator, user, viewer, or one of the organization's own.",
            DefaultValueFactory = _ => "member",
        };
        var name = new Option<string?>("--name") { Description = "What a new account is called." };
        var add = new Command("add", "Take somebody in, with an account where the address has none.")
        {
            Verb.OrgOption,
            email,
            role,
            name,
        };
        add.On(
            async (workspace, parsed, cancellation) =>
            {
                var id = await workspace.Send(
                    await workspace.Tenant(parsed, cancellation),
                    new AddMember(parsed.GetValue(email)!, parsed.GetValue(role)!, parsed.GetValue(name)),
                    cancellation
                );
                Verb.Print(parsed, new { id }, added => added.id.ToString());
            }
        );
        var user = UserArgument();
        var changeRole = new Command("role", "Give a member another role.") { user, Verb.OrgOption, role };
        changeRole.Sends((parsed, _) => new ChangeMemberRole(parsed.GetValue(user), parsed.GetValue(role)!));
        var remove = new Command("remove", "Let a member go. The account stays.") { user, Verb.OrgOption };
        remove.Sends((parsed, _) => new RemoveMember(parsed.GetValue(user)));
        var own = new Command("own", "Make a member the owner.") { user, Verb.OrgOption };
        own.Sends((parsed, _) => new TransferOwnership(parsed.GetValue(user)));
        var list = new Command("list", "List the members.") { Verb.OrgOption };
        list.Lists(
            (limit, after) => new ListMembers(limit, after),
            member => $"{member.Id}  {member.Role, -10}  {member.Email}"
        );
        return new Command("member", "Who belongs to an organization.") { add, changeRole, remove, own, list };
    }

    public static Command User()
    {
        var user = UserArgument();
        var name = new Option<string?>("--name") { Description = "What the person is called." };
        var first = new Option<string?>("--first-name") { Description = "First name." };
        var last = new Option<string?>("--last-name") { Description = "Last name." };
        var avatar = new Option<string?>("--avatar-url") { Description = "A picture's https URL." };
        var change = new Command("change", "Replace what a person is called; what is left out is removed.")
        {
            user,
            name,
            first,
            last,
            avatar,
        };
        change.SendsToSystem(parsed => new ChangeUser(
            parsed.GetValue(user),
            parsed.GetValue(name),
            parsed.GetValue(first),
            parsed.GetValue(last),
            parsed.GetValue(avatar)
        ));
        var close = new Command("deactivate", "Close an account without forgetting the person.") { user };
        close.SendsToSystem(parsed => new SetUserActive(parsed.GetValue(user), Active: false));
        var open = new Command("reactivate", "Open an account again.") { user };
        open.SendsToSystem(parsed => new SetUserActive(parsed.GetValue(user), Active: true));
        var role = new Option<string>("--role") { Description = "One of the system's roles.", Required = true };
        var grant = new Command("grant", "Give a role of the system throughout the installation.") { user, role };
        grant.SendsToSystem(parsed => new SetUserRole(parsed.GetValue(user), parsed.GetValue(role)!, Held: true));
        var deny = new Command("deny", "Take such a role back.") { user, role };
        deny.SendsToSystem(parsed => new SetUserRole(parsed.GetValue(user), parsed.GetValue(role)!, Held: false));
        var remove = new Command("remove", "Remove an account and forget the person.") { user };
        remove.SendsToSystem(parsed => new RemoveUser(parsed.GetValue(user)));
        var mails = new Argument<int>("mails") { Description = "Mails a UTC day, all their organizations together." };
        var limit = new Command("limit", "Set how much an owner's organizations may send.") { user, mails };
        limit.SendsToSystem(parsed => new LimitSending(parsed.GetValue(user), parsed.GetValue(mails)));
        return new Command("user", "Accounts. `member add` opens one.")
        {
            change,
            close,
            open,
            grant,
            deny,
            limit,
            remove,
        };
    }

    public static Command Role()
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
        var remove = new Command("remove", "Remove a role that nobody holds.") { slug, Verb.OrgOption };
        remove.Sends((parsed, _) => new RemoveRole(parsed.GetValue(slug)!));
        var list = new Command("list", "List the system's roles and the organization's own.") { Verb.OrgOption };
        list.Lists(
            (limit, after) => new ListRoles(limit, after),
            role => $"{role.Slug, -24}  {string.Join(' ', role.Permissions)}"
        );
        return new Command("role", "Roles.") { save, remove, list };
    }

    /// <summary>A verb that sends one command for an organization.</summary>
    public static void Sends(this Command verb, Func<ParseResult, Workspace, ICommand> command) =>
        verb.On(
            async (workspace, parsed, cancellation) =>
            {
                var tenant = await workspace.Tenant(parsed, cancellation);
                var position = await workspace.Send(tenant, command(parsed, workspace), cancellation);
                Verb.Print(parsed, position, Done);
            }
        );

    /// <summary>A verb that lists everything, page by page.</summary>
    public static void Lists<T>(this Command verb, Func<int, long, IQuery<Page<T>>> query, Func<T, string> line) =>
        verb.On(
            async (workspace, parsed, cancellation) =>
            {
                var tenant = await workspace.Tenant(parsed, cancellation);
                var after = 0L;
                do
                {
                    var page = await workspace.Send(tenant, query(Page<T>.MostItems, after), cancellation);
                    foreach (var item in page.Items)
                        Console.Out.WriteLine(parsed.GetValue(Verb.JsonOption) ? Verb.ToJsonLine(item) : line(item));

                    after = page.Next ?? 0;
                } while (after > 0);
            }
        );

    private static void SendsToSystem(this Command verb, Func<ParseResult, ICommand> command) =>
        verb.On(
            async (workspace, parsed, cancellation) =>
            {
                var position = await workspace.Send(Tenant.System, command(parsed), cancellation);
                Verb.Print(parsed, position, Done);
            }
        );

    private static string Done(Position position) =>
        position.Sequence == 0 ? "It was so already." : $"Done, as position {position.Sequence} of the log.";

    private static Argument<Guid> UserArgument() =>
        new("user") { Description = "The account's id, as `member list` shows it." };
}
