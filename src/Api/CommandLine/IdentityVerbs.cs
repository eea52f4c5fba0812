using System.CommandLine;
using SchemaHub.Application;
using SchemaHub.Application.Identity;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Api.CommandLine;

/// <summary><c>org</c>, <c>reader</c>.</summary>
internal static class IdentityVerbs
{
    public static Command Org()
    {
        var name = new Option<string>("--name") { Description = "Its name.", Required = true };
        var slug = new Option<string>("--slug") { Description = "Its name in URLs, such as acme.", Required = true };
        var owner = new Option<string>("--owner") { Description = "The owner's mail address.", Required = true };
        var plan = PlanOption();
        var seats = SeatsOption();
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
        var newName = new Option<string>("--name") { Description = "Its name from now on.", Required = true };
        var rename = new Command("rename", "Give an organization another name.") { Verb.OrgOption, newName };
        rename.Sends((parsed, _) => new RenameOrganization(parsed.GetValue(newName)!));
        var close = new Command("close", "Close an organization. Its evidence stays.") { Verb.OrgOption };
        close.Sends((_, _) => new CloseOrganization());
        return new Command("org", "Organizations: the tenants.") { create, rename, Plan(), close };
    }

    private static Command Plan()
    {
        var plan = PlanOption();
        var seats = SeatsOption();
        var verb = new Command("plan", "Give an organization another plan.") { Verb.OrgOption, plan, seats };
        verb.Sends((parsed, _) => new SetPlan(parsed.GetValue(plan)!, parsed.GetValue(seats)));
        return verb;
    }

    private static Option<string> PlanOption() =>
        new("--plan") { Description = "free, pro or business.", DefaultValueFactory = _ => Plans.Free };

    private static Option<int?> SeatsOption() =>
        new("--seats") { Description = "How many members it may have; the plan's number where left out." };

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
