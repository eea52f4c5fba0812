using System.Net;
using MediatR;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application;

/// <summary>A wish to change something; answers where in the log the change landed.</summary>
public interface ICommand : IRequest<Position>;

/// <summary>A wish to know something; reads the published tables.</summary>
public interface IQuery<TAnswer> : IRequest<TAnswer>;

/// <summary>Decides on one command.</summary>
public interface ICommandHandler<TCommand> : IRequestHandler<TCommand, Position>
    where TCommand : ICommand;

/// <summary>Who asks, for whom, from where. Set once where a request comes in, read by everything behind it.</summary>
public sealed class CommandContext
{
    /// <summary>The organization asked for: its id as text, or <see cref="Application.Tenant.System"/>.</summary>
    public string Tenant { get; set; } = Application.Tenant.System;

    /// <summary>
    /// Who asks, by an id that names no person: <c>user:…</c>, <c>key:…</c>, <c>operator</c>, <c>public</c>,
    /// <c>system</c>.
    /// </summary>
    public string Actor { get; set; } = "operator";

    /// <summary>
    /// What the caller may do: everything, unless the request came from outside, which says so where it comes in.
    /// </summary>
    public Access.Access Access { get; set; } = Application.Access.Access.Operator;

    /// <summary>The person who asks; null for programs, strangers and the service.</summary>
    public Guid? UserId { get; set; }

    /// <summary>Where that person is signed in; null for programs, strangers and the service.</summary>
    public Guid? SessionId { get; set; }

    /// <summary>Set by the pipeline while an allowed request is handled: what it asks of others is allowed.</summary>
    internal bool IsAuthorized { get; set; }

    /// <summary>The caller's <c>Idempotency-Key</c>, or null.</summary>
    public string? IdempotencyKey { get; set; }

    /// <summary>A keyed hash of what was asked for under the key. Set by the pipeline.</summary>
    public byte[]? RequestHash { get; set; }

    /// <summary>Where the connection came from, behind configured trusted proxies only.</summary>
    public IPAddress? Ip { get; set; }

    /// <summary>As the caller named itself, cut to 1,024 characters.</summary>
    public string? UserAgent { get; set; }

    /// <summary>The organization's id.</summary>
    public Guid OrganizationId => Guid.Parse(Tenant);

    /// <summary>Who asks, for what the audit tables show.</summary>
    public Actor ToActor() => new(Actor, Ip?.ToString(), UserAgent);

    /// <summary>
    /// What follows is the service's own doing for an organization, whoever's message brought it about: neither their
    /// address nor their key says anything about it.
    /// </summary>
    public void ActAsSystem(Guid organization)
    {
        (Tenant, Actor) = (organization.ToString(), "system");
        (Access, UserId, SessionId) = (Application.Access.Access.Operator, null, null);
        (IdempotencyKey, RequestHash, Ip, UserAgent) = (null, null, null, null);
    }

    /// <summary>
    /// What follows is still the same caller's, in a scope of its own: a context that nobody filled is the service's
    /// and may do everything.
    /// </summary>
    public void GoOnAs(CommandContext caller)
    {
        (Tenant, Actor, Access) = (caller.Tenant, caller.Actor, caller.Access);
        (UserId, SessionId, Ip, UserAgent) = (caller.UserId, caller.SessionId, caller.Ip, caller.UserAgent);
    }

    /// <summary>What we saw of the caller ourselves, for a consent's evidence.</summary>
    public Evidence SeenEvidence(IReadOnlyDictionary<string, string>? claims = null) =>
        new(Ip?.ToString(), UserAgent, claims);
}

/// <summary>What was done under an idempotency key before.</summary>
public interface IReceipts
{
    /// <summary>The first answer given under the key, or null.</summary>
    /// <exception cref="IdempotencyKeyReusedException">The key was used for something else.</exception>
    Task<Position?> Find(string tenant, string key, byte[] requestHash, CancellationToken cancellation);
}

/// <summary>An idempotency key came back with another request.</summary>
public sealed class IdempotencyKeyReusedException()
    : Exception("This Idempotency-Key was used for another request; use a new key for a new request.");
