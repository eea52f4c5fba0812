using Microsoft.Extensions.Hosting;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Api.Specs.Jobs;

/// <summary>
/// Whatever works in the background says how it behaves after a restore: what is new fails here until it does.
/// </summary>
public sealed class AfterRestoreSpec
{
    private static readonly Type[] HostedServices =
    [
        .. new[] { typeof(ApiHost).Assembly, typeof(Installation).Assembly }
            .SelectMany(assembly => assembly.GetTypes())
            .Where(type => type is { IsClass: true, IsAbstract: false } && type.IsAssignableTo(typeof(IHostedService))),
    ];

    [Test]
    public void Every_hosted_service_says_how_it_behaves_after_a_restore_and_why() =>
        HostedServices
            .Where(type =>
                Attribute.GetCustomAttribute(type, typeof(AfterRestoreAttribute)) is not AfterRestoreAttribute said
                || said.Why.Length < 20
            )
            .Select(type => type.Name)
            .ShouldBeEmpty(
                "Put [AfterRestore] on it. What acts on the world by schedule or queue waits for RestoreGate."
            );

    // Each of these has a spec that shows that it waits.
    [Test]
    public void What_acts_by_itself_waits() =>
        HostedServices
            .Where(type =>
                Attribute.GetCustomAttribute(type, typeof(AfterRestoreAttribute))
                    is AfterRestoreAttribute { Behaviour: AfterRestore.Waits }
            )
            .Select(type => type.Name)
            .ShouldBe(["Followers", "JobService", "Sending"], ignoreOrder: true);
}
