using MediatR;

namespace SchemaHub.Application;

/// <summary>A wish to change something; answers where in the log the change landed.</summary>
public interface ICommand : IRequest<Position>;

/// <summary>A wish to know something; reads the published tables.</summary>
public interface IQuery<TAnswer> : IRequest<TAnswer>;

/// <summary>Decides on one command.</summary>
public interface ICommandHandler<TCommand> : IRequestHandler<TCommand, Position>
    where TCommand : ICommand;

/// <summary>An idempotency key came back with another request.</summary>
public sealed class IdempotencyKeyReusedException()
    : Exception("This Idempotency-Key was used for another request; use a new key for a new request.");
