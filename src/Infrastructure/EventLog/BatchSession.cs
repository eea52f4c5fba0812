using System.Diagnostics.CodeAnalysis;
using JasperFx.Core.Exceptions;
using JasperFx.Events;
using Marten;
using Marten.Services;
using Npgsql;
using Weasel.Core;
using Weasel.Storage;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>Everything that one batch writes, in one round trip.</summary>
internal interface IBatchSession : IAsyncDisposable
{
    /// <summary>Adds a statement that runs before the events are written; it gives no rows.</summary>
    void Before(NpgsqlBatchCommand statement);

    /// <summary>Adds the plan's streams and events.</summary>
    void Append(BatchPlan plan);

    /// <summary>Adds statements that run after the events are written; they give no rows.</summary>
    void After(NpgsqlBatch statements);

    /// <summary>Runs everything that was added.</summary>
    /// <exception cref="NpgsqlException">The database's own error, not one around it.</exception>
    Task Save(CancellationToken cancellation);
}

/// <summary>
/// Marten's session for one batch, inside the writer's transaction: Marten writes its streams and events, and what else
/// belongs to the batch goes out in the same round trip.
/// </summary>
internal sealed class BatchSession(IDocumentStore store, NpgsqlTransaction transaction) : IBatchSession
{
    private readonly IDocumentSession _session = store.LightweightSession(SessionOptions.ForTransaction(transaction));

    /// <inheritdoc/>
    public void Append(BatchPlan plan)
    {
        var next = 0;
        foreach (var stream in plan.Accepted)
        {
            var events = new object[stream.Events.Count];
            for (var i = 0; i < events.Length; i++)
                events[i] = Wrap(plan.Pending[next + i], plan.RecordedAt);

            var log = _session.ForTenant(stream.Tenant).Events;
            var action =
                stream.ExpectedVersion == 0
                    ? log.StartStream(StreamTypes.Of(stream.Type), stream.Stream, events)
                    : log.Append(stream.Stream, stream.ExpectedVersion + events.Length, events);
            if (action.Events.Count != events.Length)
                throw new InvalidOperationException(
                    $"One unit changes the stream {stream.Stream} of two tenants: a session would take them for one."
                );

            // Marten names an event by its class when it takes it; ours has one class for all.
            for (var i = 0; i < events.Length; i++)
            {
                action.Events[i].EventTypeName = plan.Pending[next + i].Name;
                action.Events[i].DotNetTypeName = LogStore.DotNetTypeOf(plan.Pending[next + i].Name);
            }

            next += events.Length;
        }
    }

    /// <inheritdoc/>
    public void Before(NpgsqlBatchCommand statement) =>
        _session.QueueOperation(new Statement(statement, typeof(IEvent), _session));

    /// <inheritdoc/>
    public void After(NpgsqlBatch statements)
    {
        foreach (NpgsqlBatchCommand statement in statements.BatchCommands)
            _session.QueueOperation(new Statement(statement, typeof(object), _session));
    }

    /// <inheritdoc/>
    public Task Save(CancellationToken cancellation) => _session.SaveChangesAsync(cancellation);

    public ValueTask DisposeAsync() => _session.DisposeAsync();

    private static Event<EncodedEvent> Wrap(PendingEvent pending, DateTimeOffset recordedAt) =>
        new(new EncodedEvent(pending.Json))
        {
            Id = pending.Id,
            Timestamp = recordedAt,
            Headers = EventHeaders.Of(pending.By),
            CorrelationId = pending.Trace,
            CausationId = pending.Command,
        };

    /// <summary>A statement with positional parameters, and without rows, among Marten's operations.</summary>
    /// <param name="documentType">Marten runs what is about events first, otherwise in the order of adding.</param>
    private sealed class Statement(NpgsqlBatchCommand command, Type documentType, IDocumentSession session)
        : Weasel.Storage.IStorageOperation,
            NoDataReturnedCall,
            IExceptionTransform
    {
        public Type DocumentType => documentType;

        public void ConfigureCommand(ICommandBuilder builder, IStorageSession storage)
        {
            var postgres = (Weasel.Postgresql.ICommandBuilder)builder;
            postgres.Append(command.CommandText);
            if (command.Parameters.Count == 0)
                return;

            // The builder writes a placeholder for each parameter it gets, and the statement has its own already.
            postgres.Append("\n-- ");
            foreach (NpgsqlParameter parameter in command.Parameters)
                postgres.AppendParameter(parameter.Value!, parameter.NpgsqlDbType);
        }

        // Marten asks when the batch has failed. It would go on to fill the drawn positions with tombstones, on another
        // connection and without the log's lock; a session without changes has none.
        public bool TryTransform(Exception original, [NotNullWhen(true)] out Exception? transformed)
        {
            session.EjectAllPendingChanges();
            transformed = original as NpgsqlException ?? original.InnerException as NpgsqlException;
            return transformed is not null;
        }

        public OperationRole Role() => OperationRole.Other;

        public Task PostprocessAsync(
            System.Data.Common.DbDataReader reader,
            IList<Exception> exceptions,
            CancellationToken token
        ) => Task.CompletedTask;
    }
}
