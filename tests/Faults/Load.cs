namespace SchemaHub.Faults;

/// <summary>What every kind of load has at hand.</summary>
internal sealed record LoadContext(
    Client Client,
    Promises Promises,
    DatabaseServer Database,
    MailServer Mails,
    Timeline Timeline,
    CancellationToken Stopping
);

/// <summary>A kind of load: one step after another until the round is over.</summary>
internal abstract class Load(LoadContext context, int seed)
{
    private const int SampledAnswers = 200;

    protected LoadContext Context { get; } = context;

    protected Random Random { get; } = new(seed);

    /// <summary>The longest pause between two steps.</summary>
    protected abstract TimeSpan Pause { get; }

    /// <summary>Runs until the round is over; what is under way then is brought to its end.</summary>
    public async Task Run()
    {
        while (!Context.Stopping.IsCancellationRequested)
        {
            try
            {
                await Step();
            }
            catch (UnansweredException unanswered)
            {
                Context.Promises.Surprises.Enqueue(unanswered.Message);
                return;
            }

            await Task.Delay(Pause * Random.NextDouble(), Context.Stopping)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    protected abstract Task Step();

    /// <summary>Settles a change that nothing speaks against; null, and a surprise, where it was refused.</summary>
    protected async Task<Answer?> Done(Ask ask)
    {
        var answer = await Context.Client.Settle(ask);
        if (!answer.IsDone)
        {
            Context.Promises.Surprises.Enqueue($"{ask} was refused with {answer.Status} {answer.Code}.");
            return null;
        }

        if (ask.Key is not null && answer.Body.Contains("\"position\"", StringComparison.Ordinal))
            Sample(ask, answer);

        return answer;
    }

    // Some of all, the later ones as well as the earlier ones.
    private void Sample(Ask ask, Answer answer)
    {
        var acknowledged = Context.Promises.Acknowledged;
        if (Random.Next(Math.Max(1, acknowledged / 20)) == 0 && Context.Promises.Answers.Count < SampledAnswers)
            Context.Promises.Answers.Add((ask, answer));
    }
}
