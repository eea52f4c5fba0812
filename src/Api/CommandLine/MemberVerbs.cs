using System.CommandLine;
using MediatR;
using SchemaHub.Application;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Identity;

namespace SchemaHub.Api.CommandLine;

/// <summary><c>member</c>, and what verbs of identities share.</summary>
internal static class MemberVerbs
{
    public static Command Member()
    {
        var role = new Option<string>("--role")
        {
            Description = "A role: admin, member, moderator, user, viewer, or one of the organization's own.",
            DefaultValueFactory = _ => "member",
        };
        var user = UserArgument();
        var changeRole = new Command("role", "Give a member another role.") { user, Verb.OrgOption, role };
        changeRole.Sends((parsed, _) => new ChangeMemberRole(parsed.GetValue(user), parsed.GetValue(role)!));
        var remove = new Command("remove", "Let a member go. The account stays.") { user, Verb.OrgOption };
        remove.Sends((parsed, _) => new RemoveMember(parsed.GetValue(user)));
        var suspend = new Command("suspend", "End a member's access for a while.") { user, Verb.OrgOption };
        suspend.Sends((parsed, _) => new SetMemberActive(parsed.GetValue(user), Active: false));
        var reinstate = new Command("reinstate", "Give a suspended member access again.") { user, Verb.OrgOption };
        reinstate.Sends((parsed, _) => new SetMemberActive(parsed.GetValue(user), Active: true));
        var own = new Command("own", "Make a member the owner.") { user, Verb.OrgOption };
        own.Sends((parsed, _) => new TransferOwnership(parsed.GetValue(user)));
        var list = new Command("list", "List the members.") { Verb.OrgOption };
        list.Lists(
            (limit, after) => new ListMembers(limit, after),
            member => $"{member.Id}  {member.Role, -10}  {member.Email}"
        );
        return new Command("member", "Who belongs to an organization.")
        {
            changeRole,
            suspend,
            reinstate,
            remove,
            own,
            list,
        };
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
                await workspace.PrintAll(
                    parsed,
                    await workspace.Tenant(parsed, cancellation),
                    query,
                    line,
                    cancellation
                )
        );

    /// <summary>Prints a whole list, page by page: a line each.</summary>
    public static async Task PrintAll<T>(
        this Workspace workspace,
        ParseResult parsed,
        string tenant,
        Func<int, long, IQuery<Page<T>>> query,
        Func<T, string> line,
        CancellationToken cancellation
    )
    {
        var after = 0L;
        do
        {
            var page = await workspace.Send(tenant, query(Page<T>.MostItems, after), cancellation);
            foreach (var item in page.Items)
                Console.Out.WriteLine(parsed.GetValue(Verb.JsonOption) ? Verb.ToJsonLine(item) : line(item));

            after = page.Next ?? 0;
        } while (after > 0);
    }

    /// <summary>What a verb says for people where it was done.</summary>
    public static string Done(Position position) =>
        position.Sequence == 0 ? "It was so already." : $"Done, as position {position.Sequence} of the log.";

    private static Argument<Guid> UserArgument() =>
        new("user") { Description = "The account's id, as `member list` shows it." };
}
