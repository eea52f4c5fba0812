using System.CommandLine;
using SchemaHub.Application;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Identity;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Api.CommandLine;

/// <summary><c>user</c>.</summary>
internal static class UserVerbs
{
    public static Command User()
    {
        var user = UserArgument();
        var list = new Command("list", "List the accounts of the installation.");
        list.On(
            (workspace, parsed, cancellation) =>
                workspace.PrintAll(
                    parsed,
                    Tenant.System,
                    (limit, after) => new ListUsers(limit, after),
                    one => $"{one.Id}  {(one.Active ? "active  " : "inactive")}  {one.Email}",
                    cancellation
                )
        );
        var show = new Command("show", "Show an account.") { user };
        show.On(
            async (workspace, parsed, cancellation) =>
            {
                var id = Id(workspace, parsed.GetValue(user)!);
                Verb.Print(parsed, await workspace.Send(Tenant.System, new GetUser(id), cancellation), Text);
            }
        );
        var email = new Option<string>("--email") { Description = "The person's mail address.", Required = true };
        var name = new Option<string?>("--name") { Description = "What the person is called." };
        var create = new Command("create", "Open an account; the person sets a password by mail.") { email, name };
        create.On(
            async (workspace, parsed, cancellation) =>
            {
                var opened = await workspace.Send(
                    Tenant.System,
                    new OpenAccount(parsed.GetValue(email)!, parsed.GetValue(name)),
                    cancellation
                );
                Verb.Print(parsed, new { id = opened.Stream }, made => made.id.ToString());
            }
        );
        var close = new Command("deactivate", "Close an account without forgetting the person.") { user };
        close.SendsToSystem(user, (_, id) => new SetUserActive(id, Active: false));
        var open = new Command("activate", "Open an account again.") { user };
        open.SendsToSystem(user, (_, id) => new SetUserActive(id, Active: true));
        var remove = new Command("remove", "Remove an account and forget the person.") { user };
        remove.SendsToSystem(user, (_, id) => new RemoveUser(id));
        var mails = new Argument<int>("mails") { Description = "Mails a UTC day, all their organizations together." };
        var limit = new Command("limit", "Set how much an owner's organizations may send.") { user, mails };
        limit.SendsToSystem(user, (parsed, id) => new LimitSending(id, parsed.GetValue(mails)));
        return new Command("user", "Accounts.") { list, show, create, Change(), open, close, Role(), limit, remove };
    }

    private static Command Change()
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
        change.SendsToSystem(
            user,
            (parsed, id) =>
                new ChangeUser(
                    id,
                    parsed.GetValue(name),
                    parsed.GetValue(first),
                    parsed.GetValue(last),
                    parsed.GetValue(avatar)
                )
        );
        return change;
    }

    private static Command Role()
    {
        var user = UserArgument();
        var role = new Argument<string>("role") { Description = "One of the system's roles, such as superadmin." };
        var add = new Command("add", "Give a role of the system throughout the installation.") { user, role };
        add.SendsToSystem(user, (parsed, id) => new SetUserRole(id, parsed.GetValue(role)!, Held: true));
        var remove = new Command("remove", "Take such a role back.") { user, role };
        remove.SendsToSystem(user, (parsed, id) => new SetUserRole(id, parsed.GetValue(role)!, Held: false));
        return new Command("role", "The system's roles that an account holds throughout the installation.")
        {
            add,
            remove,
        };
    }

    /// <summary>An account by its id or its mail address.</summary>
    public static Argument<string> UserArgument() =>
        new("user") { Description = "The account, by its mail address or id." };

    /// <summary>The id of an account that was named, whether it is there or not.</summary>
    /// <exception cref="FormatException">It is neither an id nor a mail address.</exception>
    public static Guid Id(Workspace workspace, string named) =>
        Guid.TryParse(named, out var id) ? id
        : EmailAddress.TryParse(named, out var address, out var problem) ? workspace.Get<IKeyedIds>().OfUser(address)
        : throw new FormatException($"{named} is neither an account's id nor its mail address. {problem}");

    private static string Text(PublishedUser user) =>
        string.Join(
            '\n',
            [
                $"{user.Id}  {user.Email}",
                $"name           {user.Name}",
                $"state          {(user.RemovedAt is not null ? "removed" : user.Active ? "active" : "inactive")}",
                $"roles          {string.Join(", ", user.Roles)}",
                $"organizations  {string.Join(", ", user.Organizations)}",
                $"since          {user.CreatedAt:u}",
            ]
        );

    private static void SendsToSystem(
        this Command verb,
        Argument<string> user,
        Func<ParseResult, Guid, ICommand> command
    ) =>
        verb.On(
            async (workspace, parsed, cancellation) =>
            {
                var id = Id(workspace, parsed.GetValue(user)!);
                var position = await workspace.Send(Tenant.System, command(parsed, id), cancellation);
                Verb.Print(parsed, position, MemberVerbs.Done);
            }
        );
}
