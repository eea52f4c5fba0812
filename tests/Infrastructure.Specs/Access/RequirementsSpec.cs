using System.Reflection;
using MediatR;
using SchemaHub.Application;
using SchemaHub.Application.Access;
using SchemaHub.Application.Records;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Infrastructure.Specs.Access;

public sealed class RequirementsSpec
{
    private static readonly HashSet<string> Permissions = [.. SystemRoles.PermissionNames];

    private static readonly Type[] Requests =
    [
        .. typeof(ApplicationServices)
            .Assembly.GetTypes()
            .Where(type =>
                type is { IsAbstract: false, IsInterface: false } && type.IsAssignableTo(typeof(IBaseRequest))
            ),
    ];

    [Test]
    public void Every_request_says_who_may_send_it()
    {
        Requests.Length.ShouldBeGreaterThan(100);
        Requests
            .Where(type => type.GetCustomAttributes<RequirementAttribute>().Count() != 1)
            .Select(type => type.Name)
            .ShouldBeEmpty();
    }

    [Test]
    public void Every_permission_that_is_required_is_one_of_the_systems() =>
        Requests
            .Select(type => type.GetCustomAttribute<RequiresAttribute>()?.Permission)
            .OfType<string>()
            .Concat(RecordCatalogue.All.SelectMany(type => new[] { type.ReadPermission, type.WritePermission }))
            .OfType<string>()
            .Except(Permissions)
            .ShouldBeEmpty();

    [Test]
    public void Every_permission_of_the_system_opens_something()
    {
        var required = Requests
            .Select(type => type.GetCustomAttribute<RequiresAttribute>()?.Permission)
            .Concat(RecordCatalogue.All.SelectMany(type => new[] { type.ReadPermission, type.WritePermission }))
            .OfType<string>()
            .ToHashSet(StringComparer.Ordinal);
        // What comes with billing and the inbox is given already, so that roles need no change then.
        Permissions.Except(required).Except(["billing:write", "audit:read"]).ShouldBeEmpty();
    }

    [Test]
    public void What_a_request_says_by_its_content_it_can_say() =>
        Requests
            .Where(type => type.IsDefined(typeof(RequiresByContentAttribute)))
            .Where(type => !type.IsAssignableTo(typeof(IRequiresByContent)))
            .Select(type => type.Name)
            .ShouldBeEmpty();
}
