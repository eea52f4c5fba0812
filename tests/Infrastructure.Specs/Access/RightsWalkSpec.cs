using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application;
using SchemaHub.Application.Access;
using SchemaHub.Application.Records;
using SchemaHub.Domain.Identity;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Access;

/// <summary>
/// Every request, as an owner, an administrator, a member, somebody whose role has only the permission that it needs,
/// and a key with only that scope. The expected answers are in <c>rights.tsv</c>: a request that is not there fails.
/// </summary>
public sealed class RightsWalkSpec
{
    private static readonly string[] Callers = ["owner", "admin", "member", "role", "key"];

    private TestService _service = null!;
    private Guid _organization;

    [OneTimeSetUp]
    public async Task Start()
    {
        _service = await TestService.Create(services =>
        {
            // Nothing behind the decision runs: neither the rules of form nor the handler.
            var decided = services
                .Select((service, place) => (service, place))
                .Last(one => one.service.ImplementationType == typeof(Authorization<,>));
            services.Insert(decided.place + 1, ServiceDescriptor.Scoped(typeof(IPipelineBehavior<,>), typeof(Stop<,>)));
        });
        // Past the pipeline, which founds nothing here.
        _organization = Guid.CreateVersion7();
    }

    [OneTimeTearDown]
    public async Task Finish() => await _service.DisposeAsync();

    [Test]
    public async Task Every_request_answers_every_caller_as_the_table_says()
    {
        var table = new StringBuilder("request\tneeds\t").AppendJoin('\t', Callers).Append('\n');
        foreach (var (name, request) in Requests().OrderBy(one => one.Name, StringComparer.Ordinal))
        {
            var needed = Needed(request);
            table.Append(name).Append('\t').Append(needed ?? Kind(request));
            foreach (var caller in Callers)
                table.Append('\t').Append(await Answer(request, caller, needed));

            table.Append('\n');
        }

        RightsTable.Compare("rights.tsv", table.ToString());
    }

    private static IEnumerable<(string Name, object Request)> Requests()
    {
        var types = typeof(ApplicationServices)
            .Assembly.GetTypes()
            .Where(type => type is { IsAbstract: false, IsInterface: false, ContainsGenericParameters: false })
            .Where(type => type.IsAssignableTo(typeof(IBaseRequest)));
        foreach (var type in types.Where(type => !type.IsDefined(typeof(RequiresByContentAttribute))))
            yield return (type.Name, RuntimeHelpers.GetUninitializedObject(type));

        // What is needed for a record follows from its table.
        foreach (var record in RecordCatalogue.All)
        {
            yield return ($"records: read {record.Name}", new GetRecord(record.Name, "1"));
            yield return ($"records: write {record.Name}", new DeleteRecord(record.Name, "1"));
        }
    }

    private static string? Needed(object request) =>
        request is IRequiresByContent content
            ? content.RequiredPermission
            : request.GetType().GetCustomAttribute<RequiresAttribute>()?.Permission;

    private static string Kind(object request) =>
        request.GetType().GetCustomAttribute<RequirementAttribute>() switch
        {
            RequiresSignInAttribute => "signed in",
            RequiresNothingAttribute => "nothing",
            _ => "operator",
        };

    private async Task<string> Answer(object request, string caller, string? needed)
    {
        var permissions = caller switch
        {
            "role" or "key" => needed is null ? [] : [needed],
            _ => SystemRoles.All.Single(role => role.Slug == caller).Permissions,
        };
        var person = Guid.CreateVersion7();
        try
        {
            await RightsTable.Send(
                _service,
                _organization,
                request,
                context =>
                    context with
                    {
                        Access = Application.Access.Access.Of(permissions),
                        UserId = caller == "key" ? null : person,
                        Actor = caller == "key" ? $"key:{Guid.CreateVersion7()}" : $"user:{person}",
                    }
            );
            return "nothing was decided";
        }
        catch (AccessDeniedException)
        {
            return "-";
        }
        catch (Passed)
        {
            return "yes";
        }
    }

    private sealed class Passed() : Exception("The request may be made.");

    private sealed class Stop<TRequest, TAnswer> : IPipelineBehavior<TRequest, TAnswer>
        where TRequest : IRequest<TAnswer>
    {
        public Task<TAnswer> Handle(
            TRequest request,
            CancellationToken cancellationToken,
            RequestHandlerDelegate<TAnswer> next
        ) => throw new Passed();
    }
}

/// <summary>Tables of expected answers that lie beside the specs.</summary>
internal static class RightsTable
{
    /// <summary>Fails where the answers are not those of the table, line by line.</summary>
    public static void Compare(string file, string answers)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "SchemaHub.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("No folder above holds SchemaHub.sln.");

        var path = Path.Combine(folder.FullName, "tests", "Infrastructure.Specs", "Access", file);
        if (Environment.GetEnvironmentVariable("SCHEMAHUB_WRITE_RIGHTS") is { Length: > 0 })
            File.WriteAllText(path, answers);

        answers
            .Split('\n')
            .ShouldBe(
                File.ReadAllText(path).Split('\n'),
                $"Where the new answers are right, run this spec with SCHEMAHUB_WRITE_RIGHTS=1 and review {file}."
            );
    }

    /// <summary>Sends a request whose type is known at run time only.</summary>
    public static async Task<object?> Send(
        TestService service,
        Guid organization,
        object request,
        Func<CommandContext, CommandContext> caller
    )
    {
        var answer = request
            .GetType()
            .GetInterfaces()
            .Single(port => port.IsGenericType && port.GetGenericTypeDefinition() == typeof(IRequest<>))
            .GetGenericArguments()[0];
        var send = typeof(RightsTable).GetMethod(nameof(SendTyped), BindingFlags.NonPublic | BindingFlags.Static)!;
        var sent = send.MakeGenericMethod(answer).Invoke(obj: null, [service, organization, request, caller]);
        return await (Task<object?>)sent!;
    }

    private static async Task<object?> SendTyped<T>(
        TestService service,
        Guid organization,
        object request,
        Func<CommandContext, CommandContext> caller
    ) => await service.Send(organization, (IRequest<T>)request, caller);
}
