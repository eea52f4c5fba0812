using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// The one door to the send ledger while mails go out. A connection tells what became of its last mail and asks for
/// its next one in the same breath; what comes together is written together, in one durable transaction. A mail is
/// handed over only after the ledger knows that it is in flight, so that a death leaves at most one mail per connection
/// in doubt, and each of them known.
/// </summary>
internal sealed partial class LedgerExchange : IAsyncDisposable
{
    private const int MostAtOnce = 256;

    private static readonly TimeSpan AfterFailure = TimeSpan.FromMilliseconds(200);

    private readonly Channel<Asked> _waiting = Channel.CreateBounded<Asked>(new BoundedChannelOptions(1_024));

    private readonly NpgsqlDataSource _writer;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly int _node;
    private readonly CancellationTokenSource _giveUp = new();
    private readonly Task _loop;

    public LedgerExchange(NpgsqlDataSource writer, TimeProvider clock, ILogger logger, int node)
    {
        (_writer, _clock, _logger, _node) = (writer, clock, logger, node);
        // One: a second beside it makes the groups smaller, and costs more than it overlaps.
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Tells an outcome, asks for a mail, or both; answered once both are durable.</summary>
    /// <returns>Of the mail asked for; of none, that there is nothing to hand over.</returns>
    /// <exception cref="PostgresException">The ledger refuses it, whatever it is told with.</exception>
    public async Task<TryVerdict> Exchange(Outcome? outcome, QueuedMail? next)
    {
        var asked = new Asked(outcome, next);
        await _waiting.Writer.WriteAsync(asked);
        return await asked.Answer;
    }

    /// <summary>Ends once everything told is durable; call it when nobody asks any more.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        // Without a database it is never durable: what is in flight stays so, and is in doubt for the next node.
        _giveUp.CancelAfter(TimeSpan.FromSeconds(5));
        await _loop;
        _giveUp.Dispose();
    }

    private async Task RunAsync()
    {
        var reader = _waiting.Reader;
        var group = new List<Asked>();
        await using var connection = new LedgerConnection(_writer, _node);
        while (await reader.WaitToReadAsync())
        {
            group.Clear();
            while (group.Count < MostAtOnce && reader.TryRead(out var asked))
                group.Add(asked);

            await Write(connection, group);
        }
    }

    private async Task Write(LedgerConnection connection, List<Asked> group)
    {
        // Until it is written: said twice it is the same, and nobody hands over anything before.
        while (true)
        {
            try
            {
                var verdicts = await connection.Run(
                    _clock.GetUtcNow(),
                    [.. group.Where(asked => asked.Outcome is not null).Select(asked => asked.Outcome!)],
                    [.. group.Where(asked => asked.Next is not null).Select(asked => asked.Next!)],
                    _giveUp.Token
                );
                foreach (var asked in group)
                    asked.Complete(asked.Next is null ? default : verdicts.GetValueOrDefault(asked.Next.Id, NotOurs));
                return;
            }
            catch (PostgresException refused) when (!DatabaseOutage.Is(refused))
            {
                LogRefusal(refused.SqlState, group.Count);
                await WriteEach(connection, group, refused);
                return;
            }
            catch (Exception failure) when (DatabaseOutage.Is(failure))
            {
                LogFailure(DatabaseOutage.Describe(failure));
                try
                {
                    await Task.Delay(AfterFailure, _clock, _giveUp.Token);
                }
                catch (OperationCanceledException)
                {
                    Refuse(group);
                    return;
                }
            }
            catch (OperationCanceledException)
            {
                Refuse(group);
                return;
            }
        }
    }

    /// <summary>One of a group is refused for good, and keeps the others from being written: each alone.</summary>
    private async Task WriteEach(LedgerConnection connection, List<Asked> group, PostgresException refused)
    {
        if (group is [var alone])
        {
            // Its lane ends, and the node goes on under another number; the mail is in doubt then, and known to be.
            alone.Fail(refused);
            return;
        }

        foreach (var asked in group)
            await Write(connection, [asked]);
    }

    private static readonly TryVerdict NotOurs = new(Permission.NotOurs, 0);

    private static void Refuse(List<Asked> group)
    {
        foreach (var asked in group)
            asked.Complete(NotOurs);
    }

    [LoggerMessage(LogLevel.Warning, "The send ledger cannot be written ({Why}); nothing is handed over meanwhile.")]
    private partial void LogFailure(string why);

    [LoggerMessage(LogLevel.Error, "The send ledger refused what {Count} connections told or asked ({SqlState}).")]
    private partial void LogRefusal(string sqlState, int count);

    private sealed class Asked(Outcome? outcome, QueuedMail? next)
    {
        private readonly TaskCompletionSource<TryVerdict> _answer = new(
            TaskCreationOptions.RunContinuationsAsynchronously
        );

        public Outcome? Outcome { get; } = outcome;

        public QueuedMail? Next { get; } = next;

        public Task<TryVerdict> Answer => _answer.Task;

        public void Complete(TryVerdict verdict) => _answer.TrySetResult(verdict);

        public void Fail(Exception failure) => _answer.TrySetException(failure);
    }
}
