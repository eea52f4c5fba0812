using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using SchemaHub.Application;

namespace SchemaHub.Architecture.Specs;

/// <summary>
/// Who acts is said out loud: every place that makes a context, takes the rights of the service or opens a scope is
/// listed here with its reason. The lists may only shrink.
/// </summary>
public sealed class CallerSpec
{
    /// <summary>Where the service or the operator acts, with all rights.</summary>
    private static readonly Dictionary<string, string> s_system = new(StringComparer.Ordinal)
    {
        ["src/Api/Campaigns/Webhooks.cs"] = "a provider's signed report about a mail",
        ["src/Api/CommandLine/JobWatch.cs"] = "the operator at the command line",
        ["src/Api/CommandLine/Workspace.cs"] = "the operator at the command line",
        ["src/Api/Http/Caller.cs"] = "the operator's token over HTTP",
        ["src/Application/Campaigns/ReceiveMail.cs"] = "a mail to the address that unsubscribes",
        ["src/Application/Campaigns/RecordDelivery.cs"] = "a bounce or a complaint bars the address",
        ["src/Application/CommandContext.cs"] = "where it is defined",
        ["src/Application/Compliance/PurgeEvidence.cs"] = "a recurring job, for each organization in turn",
        ["src/Application/Compliance/WatchPrivacyRequests.cs"] = "a recurring job, for each organization in turn",
        ["src/Application/Identity/ChangeUser.cs"] = "memberships that began while the account was removed",
        ["src/Application/Identity/EndInvitations.cs"] = "a recurring job, for each organization in turn",
        ["src/Application/Identity/NoticeDueKeys.cs"] = "a recurring job, for each organization in turn",
        ["src/Application/Identity/Roles.cs"] = "the system's roles, which the program defines",
        ["src/Application/Identity/SessionStreams.cs"] = "sessions that began while the account's others ended",
        ["src/Infrastructure/Campaigns/CampaignRuns.cs"] = "the sending of a campaign that was started",
        ["src/Infrastructure/EventLog/JournalReplay.cs"] = "withdrawals and erasures happen again after a restore",
        ["src/Infrastructure/Identity/AccountQueue.cs"] = "a stranger's request, after the stranger was answered",
        ["src/Infrastructure/Jobs/JobRun.cs"] = "a job, whose enqueuing was authorized",
    };

    /// <summary>Where somebody acts in another scope or tenant, with rights that are named there or none.</summary>
    private static readonly Dictionary<string, string> s_others = new(StringComparer.Ordinal)
    {
        ["src/Api/Campaigns/CampaignEvents.cs"] = "a stream looks again and again, as its caller",
        ["src/Api/Http/Caller.cs"] = "the caller of an HTTP request",
        ["src/Api/Jobs/JobEvents.cs"] = "a stream looks again and again, as its caller",
        ["src/Api/Pages/SignUpEndpoints.cs"] = "a visitor of a published form, in its organization",
        ["src/Application/CommandContext.cs"] = "where it is defined",
        ["src/Application/Compliance/OwnPrivacyRequests.cs"] = "a person's own request, where it is kept",
        ["src/Application/Contacts/Preferences.cs"] = "the holder of an unsubscribe link, in its organization",
        ["src/Application/Identity/MyAccount.cs"] = "a mail about the account, which is no organization's",
        ["src/Infrastructure/Access/SecurityLog.cs"] = "a note in the name of whom it is about, without rights",
        ["src/Infrastructure/EventLog/EventLog.cs"] = "the log of another tenant or of a proven person",
        ["src/Infrastructure/Identity/AccountQueue.cs"] = "a stranger's request, after the stranger was answered",
        ["src/Infrastructure/Identity/KeyUsage.cs"] = "a note about a key, without rights",
        ["src/Application/Identity/RefreshSession.cs"] = "a note about a token that was used twice",
    };

    private static readonly string[] s_systemMembers =
    [
        "SystemContext",
        "OperatorContext",
        "System",
        "Operator",
        "Job",
    ];

    [Test]
    public void A_context_cannot_be_changed()
    {
        var changeable = typeof(CommandContext)
            .GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .Where(property =>
                property.SetMethod is { } setter
                && !setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit))
            )
            .Select(property => property.Name);

        changeable.ShouldBeEmpty("Make these init only: acting for somebody else is another context.");
    }

    [Test]
    public void A_context_that_nobody_set_may_do_nothing()
    {
        var context = new CommandContext();

        context.IsNobody.ShouldBeTrue();
        context.Access.IsOperator.ShouldBeFalse();
        context.Access.Permissions.ShouldBeEmpty();
    }

    [Test]
    public void The_service_acts_in_listed_places_only() =>
        PlacesOf(ActsAsSystem).ShouldBe(s_system.Keys.Order(StringComparer.Ordinal));

    [Test]
    public void Others_act_in_listed_places_only() =>
        PlacesOf(ActsAsAnother).ShouldBe(s_others.Keys.Order(StringComparer.Ordinal));

    [Test]
    public void Only_RunAs_opens_scopes() =>
        PlacesOf(node =>
                node is MemberAccessExpressionSyntax { Name.Identifier.Text: "CreateAsyncScope" or "CreateScope" }
            )
            .ShouldBe(["src/Application/CommandContext.cs"], "Open the scope with RunAs: a scope has a caller.");

    [TestCase("runAs.System(organization, SystemActors.Sender)", true)]
    [TestCase("RunAs.SystemContext(tenant, actor)", true)]
    [TestCase("var a = Access.Operator", true)]
    [TestCase("services.GetRequiredService<RunAs>().System(tenant, actor)", true)]
    [TestCase("log.In(Tenant.System).Load(stream)", false)]
    public void Acting_as_the_service_is_found_by_syntax(string text, bool expected) =>
        CSharpRules
            .Parse($"class A {{ void B() {{ {text}; }} }}")
            .DescendantNodes()
            .Any(ActsAsSystem)
            .ShouldBe(expected);

    private static bool ActsAsSystem(SyntaxNode node) =>
        node is MemberAccessExpressionSyntax access
        && (
            access is { Name.Identifier.Text: "Operator", Expression: var owner }
                && owner.ToString().EndsWith("Access", StringComparison.Ordinal)
            || s_systemMembers.Contains(access.Name.Identifier.Text)
                && access.Expression.ToString().Contains("runAs", StringComparison.OrdinalIgnoreCase)
        );

    private static bool ActsAsAnother(SyntaxNode node) =>
        node switch
        {
            ObjectCreationExpressionSyntax made => made.Type.ToString() == nameof(CommandContext),
            ImplicitObjectCreationExpressionSyntax made => made.Parent?.Parent
                is PropertyDeclarationSyntax { Type: IdentifierNameSyntax { Identifier.Text: nameof(CommandContext) } },
            MemberAccessExpressionSyntax { Name.Identifier.Text: "Caller" } access => access
                .Expression.ToString()
                .Contains("runAs", StringComparison.OrdinalIgnoreCase),
            MemberAccessExpressionSyntax { Name.Identifier.Text: "In" or "ProvenAs" } access =>
                access.Expression.ToString() is "context" or "caller" or "visitor",
            WithExpressionSyntax with => with.Expression.ToString() is "context" or "caller" or "visitor",
            _ => false,
        };

    private static IEnumerable<string> PlacesOf(Func<SyntaxNode, bool> isOne) =>
        Repository
            .Files.Where(file =>
                file.StartsWith("src/", StringComparison.Ordinal) && file.EndsWith(".cs", StringComparison.Ordinal)
            )
            .Where(file => CSharpRules.Parse(Repository.Read(file)).DescendantNodes().Any(isOne))
            .Order(StringComparer.Ordinal);
}
