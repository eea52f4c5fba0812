using System.Reflection;
using System.Runtime.CompilerServices;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Access;

/// <summary>A scope in which no caller was set may do nothing, whatever is asked for.</summary>
public sealed class ClosedContextSpec
{
    private static readonly Type[] s_requests =
    [
        .. typeof(ICommand)
            .Assembly.GetTypes()
            .Where(type => type is { IsAbstract: false, IsGenericTypeDefinition: false } && AnswerOf(type) is not null)
            .OrderBy(type => type.Name, StringComparer.Ordinal),
    ];

    private TestService _service = null!;

    [OneTimeSetUp]
    public async Task Start() => _service = await TestService.Create();

    [OneTimeTearDown]
    public async Task Stop() => await _service.DisposeAsync();

    [Test]
    public void Every_request_is_covered() => s_requests.Length.ShouldBeGreaterThan(150);

    [TestCaseSource(nameof(s_requests))]
    public async Task Nobody_may_send_it(Type request)
    {
        await using var scope = _service.Services.CreateAsyncScope();
        var mediator = scope.ServiceProvider.GetRequiredService<IMediator>();
        var send = typeof(ClosedContextSpec)
            .GetMethod(nameof(Send), BindingFlags.Static | BindingFlags.NonPublic)!
            .MakeGenericMethod(AnswerOf(request)!);

        await Should.ThrowAsync<AccessDeniedException>(() =>
            (Task)send.Invoke(null, [mediator, RuntimeHelpers.GetUninitializedObject(request)])!
        );
    }

    [Test]
    public async Task Nobody_may_use_the_log()
    {
        await using var scope = _service.Services.CreateAsyncScope();
        var log = scope.ServiceProvider.GetRequiredService<IEventLog>();
        var stream = Guid.CreateVersion7();

        await Should.ThrowAsync<AccessDeniedException>(() => log.Read(stream, default));
        await Should.ThrowAsync<AccessDeniedException>(() => log.In("x").Load<Contact, ContactEvent>(stream, default));
        await Should.ThrowAsync<AccessDeniedException>(() =>
            log.Change<Contact, ContactEvent>(stream, contact => contact.Suppress("manual", Sources.Api, null), default)
        );
        await Should.ThrowAsync<AccessDeniedException>(() => log.ChangeTogether(_ => Task.CompletedTask, default));
    }

    [Test]
    public async Task A_caller_is_set_once_and_not_after_it_was_read()
    {
        await using var set = _service.Services.CreateAsyncScope();
        await using var read = _service.Services.CreateAsyncScope();
        var caller = set.ServiceProvider.GetRequiredService<ScopeCaller>();
        caller.Set(new CommandContext { Actor = Actors.Public });
        read.ServiceProvider.GetRequiredService<CommandContext>().ShouldBe(CommandContext.Nobody);

        Should.Throw<InvalidOperationException>(() => caller.Set(RunAs.OperatorContext(Tenant.System)));
        Should.Throw<InvalidOperationException>(() =>
            read.ServiceProvider.GetRequiredService<ScopeCaller>().Set(RunAs.OperatorContext(Tenant.System))
        );
    }

    [Test]
    public async Task Being_allowed_one_request_allows_no_other_in_the_same_scope()
    {
        var organization = await _service.CreateOrganization("closed");
        var context = new CommandContext
        {
            Tenant = organization.ToString(),
            Actor = "key:spec",
            Access = Application.Access.Access.Of(["contacts:read"]),
        };
        await using var scope = _service.Services.GetRequiredService<RunAs>().Caller(context);

        // The second is sent while the first, which is allowed, is still under way.
        var allowed = scope.Send(new ListContacts(), default);
        await Should.ThrowAsync<AccessDeniedException>(() => scope.Send(new AddContact("ann@example.org"), default));

        (await allowed).Items.ShouldBeEmpty();
    }

    private static Task<T> Send<T>(IMediator mediator, IRequest<T> request) => mediator.Send(request);

    private static Type? AnswerOf(Type type) =>
        type.GetInterfaces()
            .Where(port => port.IsGenericType && port.GetGenericTypeDefinition() == typeof(IRequest<>))
            .Select(port => port.GetGenericArguments()[0])
            .FirstOrDefault();
}
