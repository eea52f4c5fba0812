using System.Threading.Channels;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// Look-ups that arrive together are asked together, in one statement: while one is on its way the next ones gather.
/// A lone look-up is asked at once.
/// </summary>
internal sealed class GatheredReads<TQuestion, TAnswer> : IAsyncDisposable
    where TQuestion : notnull
{
    private const int MostQuestions = 256;

    private readonly Channel<(TQuestion Question, TaskCompletionSource<TAnswer?> Answer)> _waiting =
        Channel.CreateBounded<(TQuestion, TaskCompletionSource<TAnswer?>)>(
            new BoundedChannelOptions(8_192) { SingleReader = true }
        );

    private readonly Func<IReadOnlyList<TQuestion>, Task<IReadOnlyDictionary<TQuestion, TAnswer>>> _ask;
    private readonly Task _loop;

    /// <param name="ask">Answers the questions that have an answer; asked with each question once.</param>
    public GatheredReads(Func<IReadOnlyList<TQuestion>, Task<IReadOnlyDictionary<TQuestion, TAnswer>>> ask)
    {
        _ask = ask;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>The answer, or the default where there is none.</summary>
    public async Task<TAnswer?> Find(TQuestion question, CancellationToken cancellation)
    {
        var answer = new TaskCompletionSource<TAnswer?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _waiting.Writer.WriteAsync((question, answer), cancellation);
        return await answer.Task.WaitAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _loop;
    }

    private async Task RunAsync()
    {
        var reader = _waiting.Reader;
        while (await reader.WaitToReadAsync())
        {
            var asked = new List<(TQuestion Question, TaskCompletionSource<TAnswer?> Answer)>();
            while (asked.Count < MostQuestions && reader.TryRead(out var next))
                asked.Add(next);

            try
            {
                var answers = await _ask([.. asked.Select(one => one.Question).Distinct()]);
                foreach (var (question, answer) in asked)
                    answer.TrySetResult(answers.GetValueOrDefault(question));
            }
            catch (Exception why)
            {
                foreach (var (_, answer) in asked)
                    answer.TrySetException(why);
            }
        }
    }
}
