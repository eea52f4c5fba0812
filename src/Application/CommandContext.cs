using System.Net;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application;

/// <summary>
/// Who asks, for which organization, from where. Immutable and closed by default: it is set once per scope, before
/// anything in the scope runs, and a scope in which it was not set may do nothing. Acting for somebody else is another
/// context in another scope: see <see cref="RunAs"/>.
/// </summary>
public sealed record CommandContext
{
    /// <summary>The context of a scope whose caller was not set: every request is refused.</summary>
    public static CommandContext Nobody { get; } = new();

    /// <summary>The organization asked for: its id as text, or <see cref="Application.Tenant.System"/>.</summary>
    public string Tenant { get; init; } = Application.Tenant.System;

    /// <summary>
    /// Who asks, by an id that names no person: <c>user:…</c>, <c>key:…</c>, <c>operator</c>, <c>public</c>, one of
    /// <see cref="SystemActors"/>, or <see cref="Actors.Nobody"/>.
    /// </summary>
    public string Actor { get; init; } = Actors.Nobody;

    /// <summary>What the caller may do in the tenant.</summary>
    public Access.Access Access { get; init; } = Application.Access.Access.Nothing;

    /// <summary>The person who asks; null for programs, strangers and the service.</summary>
    public Guid? UserId { get; init; }

    /// <summary>The session of that person; null for programs, strangers and the service.</summary>
    public Guid? SessionId { get; init; }

    /// <summary>The caller's <c>Idempotency-Key</c>, or null.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>Where the connection came from, behind configured trusted proxies only.</summary>
    public IPAddress? Ip { get; init; }

    /// <summary>As the caller named itself, cut to 1,024 characters.</summary>
    public string? UserAgent { get; init; }

    /// <summary>Whether the caller was never set.</summary>
    public bool IsNobody => Actor == Actors.Nobody;

    /// <summary>The organization's id.</summary>
    public Guid OrganizationId => Guid.Parse(Tenant);

    /// <summary>Who asks, for what the audit tables show.</summary>
    public Actor ToActor() => new(Actor, Ip?.ToString(), UserAgent);

    /// <summary>What we saw of the caller ourselves, for a consent's evidence.</summary>
    public Evidence SeenEvidence(IReadOnlyDictionary<string, string>? claims = null) =>
        new(Ip?.ToString(), UserAgent, claims);

    /// <summary>
    /// The same caller as a person who has just proved who they are, by a password or a mailed link. Rights stay as
    /// they were.
    /// </summary>
    public CommandContext ProvenAs(Guid user, Guid? session = null) =>
        this with
        {
            Actor = Actors.Of(user),
            UserId = user,
            SessionId = session,
        };

    /// <summary>
    /// The same caller in another tenant, without the rights they have in this one: those are an organization's.
    /// </summary>
    public CommandContext In(string tenant, params string[] permissions) =>
        this with
        {
            Tenant = tenant,
            Access = Application.Access.Access.Of(permissions),
            // What is asked for there is part of what was asked for here: a key of its own, which no caller can give.
            IdempotencyKey = IdempotencyKey is null ? null : $"{IdempotencyKey} within",
        };
}

/// <summary>Actors, by ids that name no person.</summary>
public static class Actors
{
    /// <summary>The caller was never set.</summary>
    public const string Nobody = "nobody";

    /// <summary>A stranger.</summary>
    public const string Public = "public";

    /// <summary>The operator of the installation.</summary>
    public const string Operator = "operator";

    private const string Person = "user:";
    private const string Program = "key:";

    /// <summary>A person.</summary>
    public static string Of(Guid user) => Person + user;

    /// <summary>A program, by its key.</summary>
    public static string OfKey(Guid key) => Program + key;

    /// <summary>The person; null where the actor is none.</summary>
    public static Guid? PersonOf(string actor) => IdOf(actor, Person);

    /// <summary>The key; null where the actor is no program.</summary>
    public static Guid? KeyOf(string actor) => IdOf(actor, Program);

    private static Guid? IdOf(string actor, string kind) =>
        actor.StartsWith(kind, StringComparison.Ordinal) && Guid.TryParse(actor.AsSpan(kind.Length), out var id)
            ? id
            : null;
}

/// <summary>What part of the service acts where nobody asked, as the audit tables show it.</summary>
public static class SystemActors
{
    /// <summary>The service itself.</summary>
    public const string System = "system";

    /// <summary>Its recurring jobs.</summary>
    public const string Schedule = "schedule";

    /// <summary>The sending of campaigns.</summary>
    public const string Sender = "sender";
}

/// <summary>Holds a scope's caller. It is set at most once, and not after it was read.</summary>
public sealed class ScopeCaller
{
    private CommandContext? _context;

    /// <summary>The caller; where it was not set, nobody, from the first reading on.</summary>
    public CommandContext Context => _context ??= CommandContext.Nobody;

    /// <summary>Sets the caller.</summary>
    /// <exception cref="InvalidOperationException">It was set before, or read.</exception>
    public void Set(CommandContext context)
    {
        if (_context is not null)
            throw new InvalidOperationException("A scope's caller is set once, before anything in the scope runs.");

        _context = context;
    }
}

/// <summary>
/// Runs requests as another caller, each in a scope of its own. The places that use it are listed by a spec.
/// </summary>
public sealed class RunAs(IServiceScopeFactory scopes)
{
    /// <summary>Goes on as a caller, or as somebody made from one, in another scope.</summary>
    public RunScope Caller(CommandContext context) => new(scopes.CreateAsyncScope(), context);

    /// <summary>
    /// The service itself, which may do everything: neither address nor key of the caller is part of what it does.
    /// </summary>
    /// <param name="tenant">An organization's id as text, or <see cref="Tenant.System"/>.</param>
    /// <param name="actor">One of <see cref="SystemActors"/>.</param>
    public RunScope System(string tenant, string actor) => Caller(SystemContext(tenant, actor));

    /// <inheritdoc cref="System(string, string)"/>
    public RunScope System(Guid organization, string actor) => System(organization.ToString(), actor);

    /// <summary>The operator, at the command line.</summary>
    public RunScope Operator(string tenant) => Caller(OperatorContext(tenant));

    /// <summary>
    /// A job, with the rights of the service: that it may be done was decided when it was enqueued.
    /// </summary>
    /// <param name="actor">Who enqueued it.</param>
    /// <param name="key">Its second run under the same key answers as the first.</param>
    public RunScope Job(string tenant, string actor, string? key) =>
        Caller(SystemContext(tenant, actor) with { IdempotencyKey = key });

    /// <summary>The context of <see cref="System(string, string)"/>.</summary>
    public static CommandContext SystemContext(string tenant, string actor) =>
        new()
        {
            Tenant = tenant,
            Actor = actor,
            Access = Access.Access.Operator,
        };

    /// <summary>The context of <see cref="Operator"/>.</summary>
    public static CommandContext OperatorContext(string tenant) => SystemContext(tenant, Actors.Operator);
}

/// <summary>A scope with a caller of its own.</summary>
public sealed class RunScope : IAsyncDisposable
{
    private readonly AsyncServiceScope _scope;

    internal RunScope(AsyncServiceScope scope, CommandContext context)
    {
        _scope = scope;
        _scope.ServiceProvider.GetRequiredService<ScopeCaller>().Set(context);
    }

    /// <summary>The scope's services.</summary>
    public IServiceProvider Services => _scope.ServiceProvider;

    /// <summary>The log, for the scope's caller.</summary>
    public IEventLog Log => Services.GetRequiredService<IEventLog>();

    /// <summary>Sends a request as the scope's caller: it is authorized and validated like any other.</summary>
    public Task<T> Send<T>(MediatR.IRequest<T> request, CancellationToken cancellation) =>
        Services.GetRequiredService<MediatR.IMediator>().Send(request, cancellation);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _scope.DisposeAsync();
}
