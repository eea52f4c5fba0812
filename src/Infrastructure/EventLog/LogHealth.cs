using System.Diagnostics;
using Npgsql;
using SchemaHub.Application;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>Whether this node can write the log, as its last batches showed.</summary>
internal sealed class LogHealth
{
    private static readonly TimeSpan LongBatch = TimeSpan.FromSeconds(3);

    // After this long it is worth while to ask again: without readiness nobody sends what would show it.
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    private long _begun;
    private long _failed;
    private volatile string? _why;

    /// <summary>Why the log cannot be written; null where nothing is known against it.</summary>
    public string? Trouble
    {
        get
        {
            if (Volatile.Read(ref _begun) is var begun and > 0 && Stopwatch.GetElapsedTime(begun) > LongBatch)
                return "The log cannot be written: a batch waits for the log's lock or for the database.";

            return _why is { } why && Stopwatch.GetElapsedTime(Volatile.Read(ref _failed)) < Fresh
                ? $"The log cannot be written: {why}."
                : null;
        }
    }

    public void Begin() => Volatile.Write(ref _begun, Stopwatch.GetTimestamp());

    public void End() => Volatile.Write(ref _begun, 0);

    public void Succeeded() => _why = null;

    public void Failed(Exception why)
    {
        Volatile.Write(ref _failed, Stopwatch.GetTimestamp());
        _why = why switch
        {
            JournalException => "its journal cannot be written",
            PostgresException refused => Answers(refused),
            { InnerException: PostgresException refused } => Answers(refused),
            _ => "the database cannot be reached",
        };
    }

    private static string Answers(PostgresException refused) =>
        $"the database answers with SQLSTATE {refused.SqlState}";
}

/// <summary>Whether this node can write the log now.</summary>
public sealed class LogReadiness
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly LogWriter _writer;

    internal LogReadiness(LogWriter writer) => _writer = writer;

    /// <summary>Why it cannot; null where it can. Answers within a few seconds.</summary>
    public async Task<string?> Trouble(CancellationToken cancellation)
    {
        if (_writer.Health.Trouble is { } trouble)
            return trouble;

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        try
        {
            await _writer.Probe(patience.Token);
            return null;
        }
        catch (LogUnavailableException)
        {
            return _writer.Health.Trouble ?? "The log cannot be written: its lock is not to be had.";
        }
    }
}
