using System.Reflection;
using System.Text;
using MediatR;
using SchemaHub.Application;
using SchemaHub.Application.Access;
using SchemaHub.Application.Compliance;
using SchemaHub.Application.Identity;
using SchemaHub.Domain;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.Seals;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Access;

/// <summary>
/// Every request that acts on a member, their keys or their data, by every kind of caller on every kind of member. The
/// expected answers are in <c>rights-on-members.tsv</c>.
/// </summary>
public sealed class MemberRightsSpec
{
    private static readonly string[] Callers = ["owner", "admin", "member", "role", "key"];
    private static readonly string[] Targets = ["self", "peer", "admin", "owner", "stranger"];

    // What a property is called that names a person.
    private static readonly string[] Names = ["UserId", "MemberId", "OwnerId", "AccountId", "User", "Member"];

    private static readonly Dictionary<Type, Func<Scene, Task<object>>> Acts = new()
    {
        [typeof(ChangeMemberRole)] = scene => Of(new ChangeMemberRole(scene.Target, "only")),
        [typeof(SetMemberActive)] = scene => Of(new SetMemberActive(scene.Target, Active: false)),
        [typeof(RemoveMember)] = scene => Of(new RemoveMember(scene.Target)),
        [typeof(TransferOwnership)] = scene => Of(new TransferOwnership(scene.Target)),
        [typeof(CreateApiKey)] = scene => Of(new CreateApiKey("x", UserId: scene.Target)),
        [typeof(OpenPrivacyRequest)] = scene => Of(new OpenPrivacyRequest("access", UserId: scene.Target)),
        [typeof(ChangeApiKey)] = async scene => new ChangeApiKey(await scene.KeyOfTarget(), "y", null),
        [typeof(RotateApiKey)] = async scene => new RotateApiKey(await scene.KeyOfTarget()),
        [typeof(RevokeApiKey)] = async scene => new RevokeApiKey(await scene.KeyOfTarget()),
        [typeof(FulfilPrivacyRequest)] = async scene => new FulfilPrivacyRequest(await scene.RequestOfTarget()),
        [typeof(FetchPrivacyArchive)] = async scene => new FetchPrivacyArchive(await scene.ArchiveOfTarget()),
    };

    private TestService _service = null!;
    private Guid _stranger;

    [OneTimeSetUp]
    public async Task Start()
    {
        _service = await TestService.Create(services =>
            services.AddSeals(
                services.Select(service => service.ImplementationInstance).OfType<Installation>().First(),
                new WitnessOptions()
            )
        );
        _stranger = await _service.Services.Join(await _service.CreateOrganization("other"), "stranger@example.org");
    }

    [OneTimeTearDown]
    public async Task Finish() => await _service.DisposeAsync();

    [Test]
    public async Task Every_request_on_a_member_answers_as_the_table_says()
    {
        var table = new StringBuilder("request\ton\t").AppendJoin('\t', Callers).Append('\n');
        foreach (var (type, act) in Acts.OrderBy(one => one.Key.Name, StringComparer.Ordinal))
        {
            foreach (var target in Targets)
            {
                table.Append(type.Name).Append('\t').Append(target);
                foreach (var caller in Callers)
                    table.Append('\t').Append(await Answer(type, act, caller, target));

                table.Append('\n');
            }
        }

        RightsTable.Compare("rights-on-members.tsv", table.ToString());
    }

    [Test]
    public void Every_request_that_names_a_person_is_guarded_or_is_the_operators()
    {
        var named = Requests()
            .Where(type => type.GetCustomAttribute<RequirementAttribute>() is not RequiresOperatorAttribute)
            .Where(type =>
                type.GetProperties()
                    .Any(property =>
                        Names.Contains(property.Name)
                        && (property.PropertyType == typeof(Guid) || property.PropertyType == typeof(Guid?))
                    )
            )
            .ToList();

        named.ShouldNotBeEmpty();
        named
            .Where(type => !type.IsAssignableTo(typeof(IActsOnMember)))
            .Select(type => type.Name)
            .ShouldBe(
            // It only reads what every member may see of another.
            [nameof(GetMember)]);
    }

    [Test]
    public void Every_request_that_is_guarded_is_in_the_table() =>
        Requests()
            .Where(type => type.IsAssignableTo(typeof(IActsOnMember)))
            .Except(Acts.Keys)
            .Select(type => type.Name)
            .ShouldBeEmpty();

    private static IEnumerable<Type> Requests() =>
        typeof(ApplicationServices)
            .Assembly.GetTypes()
            .Where(type => type is { IsAbstract: false, IsInterface: false })
            .Where(type => type.IsAssignableTo(typeof(IBaseRequest)));

    private static Task<object> Of(object request) => Task.FromResult(request);

    private async Task<string> Answer(Type type, Func<Scene, Task<object>> act, string caller, string target)
    {
        var scene = await Scene.Create(_service, type, caller, target, _stranger);
        var request = await act(scene);
        try
        {
            if (await RightsTable.Send(_service, scene.Organization, request, scene.Enter) is Stream answered)
                await answered.DisposeAsync();

            return "yes";
        }
        catch (AccessDeniedException)
        {
            return "access.denied";
        }
        catch (RuleBrokenException refused)
        {
            return refused.Code;
        }
        catch (NotFoundException missing)
        {
            return $"{missing.What}.not_found";
        }
    }

    /// <summary>An organization with somebody who asks and somebody who is asked about.</summary>
    private sealed class Scene(TestService service, Guid organization, Guid caller, Guid? key, string[] permissions)
    {
        private static int s_count;

        public Guid Organization { get; } = organization;

        public Guid Target { get; private init; }

        public static async Task<Scene> Create(
            TestService service,
            Type request,
            string caller,
            string target,
            Guid stranger
        )
        {
            var slug = $"scene-{Interlocked.Increment(ref s_count)}";
            var acme = await service.CreateOrganization(slug);
            var owner = await service.Scalar<Guid>(
                $"select user_id from access.memberships where organization_id = '{acme}'"
            );
            var needed = request.GetCustomAttribute<RequiresAttribute>()!.Permission;
            await service.Send(acme, new SaveRole("only", "Only", null, [needed]));
            var role = caller is "role" or "key" ? "only" : caller;
            var person = caller is "owner" or "key" ? owner : await Join("caller", role);
            var key =
                caller == "key"
                    ? (Guid?)(await service.Send(acme, new CreateApiKey("only", Scopes: [needed]))).Id
                    : null;
            string[] permissions =
                role == "only" ? [needed] : [.. SystemRoles.All.Single(one => one.Slug == role).Permissions];
            return new Scene(service, acme, person, key, permissions)
            {
                Target = target switch
                {
                    "self" => person,
                    // An owner has no peer; the nearest is an administrator.
                    "peer" => await Join("peer", role == "owner" ? "admin" : role),
                    "admin" => await Join("admin", "admin"),
                    "owner" => owner,
                    _ => stranger,
                },
            };

            Task<Guid> Join(string name, string role) => service.Services.Join(acme, $"{name}@{slug}.example", role);
        }

        public CommandContext Enter(CommandContext context) =>
            context with
            {
                Access = Application.Access.Access.Of(permissions),
                UserId = key is null ? caller : null,
                Actor = key is null ? $"user:{caller}" : $"key:{key}",
            };

        /// <summary>A key that the target made. It opens nothing but what the caller may do, too.</summary>
        public async Task<Guid> KeyOfTarget()
        {
            if (!await IsMember())
                return Guid.CreateVersion7();

            var made = await service.Send(
                Organization,
                new CreateApiKey("of the target", Scopes: ["keys:write"]),
                context =>
                    context with
                    {
                        Access = Application.Access.Access.Of(["keys:write"]),
                        UserId = Target,
                        Actor = $"user:{Target}",
                    }
            );
            return made.Id;
        }

        /// <summary>A demand about the target that the operator took in.</summary>
        public async Task<Guid> RequestOfTarget() =>
            await IsMember()
                ? (await service.Send(Organization, new OpenPrivacyRequest("access", UserId: Target))).Stream
                : Guid.CreateVersion7();

        /// <summary>The same, with the archive made.</summary>
        public async Task<Guid> ArchiveOfTarget()
        {
            var request = await RequestOfTarget();
            if (await IsMember())
                await service.Send(Organization, new FulfilPrivacyRequest(request));

            return request;
        }

        private Task<bool> IsMember() =>
            service.Scalar<bool>(
                $"""
                select exists (
                    select from access.memberships where organization_id = '{Organization}' and user_id = '{Target}'
                )
                """
            );
    }
}
