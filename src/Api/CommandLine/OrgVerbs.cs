using System.CommandLine;
using SchemaHub.Application;
using SchemaHub.Application.Identity;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Api.CommandLine;

/// <summary><c>org</c>.</summary>
internal static class OrgVerbs
{
    private static readonly Argument<string> Organization = new("organization")
    {
        Description = "The organization, by its slug or id.",
    };

    public static Command Org()
    {
        var list = new Command("list", "List the organizations of the installation.");
        list.On(
            (workspace, parsed, cancellation) =>
                workspace.PrintAll(
                    parsed,
                    Tenant.System,
                    (limit, after) => new ListOrganizations(limit, after),
                    Line,
                    cancellation
                )
        );
        var show = new Command("show", "Show an organization.") { Organization };
        show.On(
            async (workspace, parsed, cancellation) =>
                Verb.Print(parsed, await workspace.Ask(parsed, new GetOrganization(), cancellation), Text)
        );
        var name = new Option<string>("--name") { Description = "Its name from now on.", Required = true };
        var rename = new Command("rename", "Give an organization another name. Its slug stays.") { Organization, name };
        rename.Does(parsed => new RenameOrganization(parsed.GetValue(name)!));
        var close = new Command("close", "Close an organization. Its evidence stays.") { Organization };
        close.Does(_ => new CloseOrganization());
        var members = new Command("members", "List who belongs to an organization.") { Organization };
        members.On(
            async (workspace, parsed, cancellation) =>
                await workspace.PrintAll(
                    parsed,
                    await workspace.Tenant(parsed.GetValue(Organization)!, cancellation),
                    (limit, after) => new ListMembers(limit, after),
                    member => $"{member.Id}  {member.Role, -10}  {member.Email}",
                    cancellation
                )
        );
        return new Command("org", "Organizations: the tenants.")
        {
            Create(),
            list,
            show,
            rename,
            Plan(),
            members,
            Invite(),
            Transfer(),
            close,
        };
    }

    private static Command Create()
    {
        var name = new Option<string>("--name") { Description = "Its name.", Required = true };
        var slug = new Option<string>("--slug") { Description = "Its name in URLs, such as acme.", Required = true };
        var owner = new Option<string>("--owner") { Description = "The owner's mail address.", Required = true };
        var (plan, seats) = (PlanOption(), SeatsOption());
        plan.Required = false;
        plan.DefaultValueFactory = _ => Plans.Free;
        var create = new Command("create", "Found an organization, and its owner's account where the address is new.")
        {
            name,
            slug,
            owner,
            plan,
            seats,
        };
        create.On(
            async (workspace, parsed, cancellation) =>
            {
                var id = await workspace.Send(
                    Tenant.System,
                    new CreateOrganization(
                        parsed.GetValue(name)!,
                        parsed.GetValue(slug)!,
                        parsed.GetValue(owner)!,
                        Plan: parsed.GetValue(plan)!,
                        Seats: parsed.GetValue(seats)
                    ),
                    cancellation
                );
                Verb.Print(parsed, new { id }, created => created.id.ToString());
            }
        );
        return create;
    }

    private static Command Plan()
    {
        var (plan, seats) = (PlanOption(), SeatsOption());
        var verb = new Command("plan", "Give an organization another plan.") { Organization, plan, seats };
        verb.Does(parsed => new SetPlan(parsed.GetValue(plan)!, parsed.GetValue(seats)));
        return verb;
    }

    private static Command Invite()
    {
        var email = new Option<string>("--email") { Description = "Whom to invite.", Required = true };
        var role = new Option<string>("--role")
        {
            Description = "A role: admin, member, moderator, user, viewer, or one of the organization's own.",
            DefaultValueFactory = _ => "member",
        };
        var message = new Option<string?>("--message") { Description = "What to write along." };
        var verb = new Command("invite", "Invite somebody by mail, in the owner's name.")
        {
            Organization,
            email,
            role,
            message,
        };
        verb.Does(parsed => new SendInvitation(
            parsed.GetValue(email)!,
            parsed.GetValue(role)!,
            parsed.GetValue(message)
        ));
        return verb;
    }

    private static Command Transfer()
    {
        var to = new Option<string>("--to")
        {
            Description = "The member that owns it from now on, by mail address or id.",
            Required = true,
        };
        var verb = new Command("transfer", "Make another member the owner.") { Organization, to };
        verb.On(
            async (workspace, parsed, cancellation) =>
            {
                var user = UserVerbs.Id(workspace, parsed.GetValue(to)!);
                var position = await workspace.Ask(parsed, new TransferOwnership(user), cancellation);
                Verb.Print(parsed, position, MemberVerbs.Done);
            }
        );
        return verb;
    }

    private static Option<string> PlanOption() =>
        new("--plan") { Description = "free, pro or business.", Required = true };

    private static Option<int?> SeatsOption() =>
        new("--seats") { Description = "How many members it may have; the plan's number where left out." };

    private static string Line(PublishedOrganization one) =>
        $"{one.Id}  {one.Plan, -8}  {one.Members, 4} of {one.Seats, -4}  {one.Slug}"
        + (one.ClosedAt is null ? "" : "  (closed)");

    private static string Text(PublishedOrganization one) =>
        string.Join(
            '\n',
            [
                $"{one.Id}  {one.Slug}",
                $"name     {one.Name}",
                $"plan     {one.Plan}",
                $"members  {one.Members} of {one.Seats}",
                $"founded  {one.CreatedAt:u}",
                $"closed   {one.ClosedAt:u}",
            ]
        );

    private static void Does(this Command verb, Func<ParseResult, ICommand> command) =>
        verb.On(
            async (workspace, parsed, cancellation) =>
                Verb.Print(parsed, await workspace.Ask(parsed, command(parsed), cancellation), MemberVerbs.Done)
        );

    private static async Task<T> Ask<T>(
        this Workspace workspace,
        ParseResult parsed,
        MediatR.IRequest<T> request,
        CancellationToken cancellation
    ) =>
        await workspace.Send(
            await workspace.Tenant(parsed.GetValue(Organization)!, cancellation),
            request,
            cancellation
        );
}
