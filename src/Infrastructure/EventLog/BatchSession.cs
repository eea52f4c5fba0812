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
/// Marten's session for one batch, inside the writer's transaction. It takes the streams and events; when it has
/// prepared them they are written by one statement per table, and what else belongs to the batch in the same round
/// trip.
/// </summary>
internal sealed class BatchSession : DocumentSessionListenerBase, IBatchSession
{
    private readonly IDocumentSession _session;
    private readonly Marten.ISerializer _serializer;
    private readonly List<NpgsqlBatchCommand> _before = [];
    private readonly List<NpgsqlBatchCommand> _after = [];

    public BatchSession(IDocumentStore store, NpgsqlTransaction transaction)
    {
        var options = SessionOptions.ForTransaction(transaction);
        options.Listeners.Add(this);
        _session = store.LightweightSession(options);
        _serializer = store.Options.Serializer();
    }

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
                action.Events[i].Sequence = plan.Events[next + i].Sequence;
                action.Events[i].EventTypeName = plan.Pending[next + i].Name;
                action.Events[i].DotNetTypeName = LogStore.DotNetTypeOf(plan.Pending[next + i].Name);
            }

            next += events.Length;
        }
    }

    /// <inheritdoc/>
    public void Before(NpgsqlBatchCommand statement) => _before.Add(statement);

    /// <inheritdoc/>
    public void After(NpgsqlBatch statements) => _after.AddRange(statements.BatchCommands.Cast<NpgsqlBatchCommand>());

    /// <summary>Puts statements for all streams in the place of Marten's operations, one for each stream.</summary>
    public override Task BeforeSaveChangesAsync(IDocumentSession session, CancellationToken token)
    {
        var streams = session.PendingChanges.Streams().ToList();
        session.EjectAllPendingChanges();
        Queue([.. _before, .. StreamRows.Insert(streams, _serializer), .. _after]);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task Save(CancellationToken cancellation)
    {
        // A session that has nothing to do is not saved, and a batch without events may have receipts.
        Queue([.. _before, .. _after]);
        return _session.SaveChangesAsync(cancellation);
    }

    public ValueTask DisposeAsync() => _session.DisposeAsync();

    private void Queue(IEnumerable<NpgsqlBatchCommand> statements)
    {
        foreach (var statement in statements)
            _session.QueueOperation(new Statement(statement, _session));
    }

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
    private sealed class Statement(NpgsqlBatchCommand command, IDocumentSession session)
        : Weasel.Storage.IStorageOperation,
            NoDataReturnedCall,
            IExceptionTransform
    {
        public Type DocumentType => typeof(IEvent);

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
