using System.Globalization;

namespace SchemaHub.Faults;

/// <summary>What a round came to.</summary>
internal sealed record RoundResult(
    int Seed,
    double LoadSeconds,
    double TotalSeconds,
    IReadOnlyDictionary<string, int> Faults,
    int Acknowledged,
    IReadOnlyDictionary<string, int> Indeterminate,
    double LongestStallSeconds,
    int Events,
    int Contacts,
    int Campaigns,
    int MailsTaken,
    int MailsInDoubt,
    int MailsTwice,
    int PostgresStartedByDriver,
    string Directory,
    IReadOnlyList<string> Violations
)
{
    public bool IsSound => Violations.Count == 0;
}

/// <summary>A fresh installation, load and faults for a time, then rest, then the comparison.</summary>
internal sealed class Round : IAsyncDisposable
{
    private static readonly TimeSpan LongestSettling = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly FaultOptions _options;
    private readonly int _seed;
    private readonly Timeline _timeline;
    private readonly Cluster _cluster;
    private readonly Promises _promises = new();
    private readonly IdleContacts _idle = new();
    private Client? _client;
    private CampaignLoad? _campaigns;

    private Round(FaultOptions options, int seed, Timeline timeline, Cluster cluster) =>
        (_options, _seed, _timeline, _cluster) = (options, seed, timeline, cluster);

    public Timeline Timeline => _timeline;

    /// <summary>Starts the servers of a round in a directory that is its own.</summary>
    public static async Task<Round> Start(FaultOptions options, int seed, string directory)
    {
        var timeline = new Timeline(directory);
        var random = new Random(seed + 1);
        var cluster = await Cluster.Start(directory, timeline, Silence);
        return new Round(options, seed, timeline, cluster);

        TimeSpan Silence()
        {
            lock (random)
                return TimeSpan.FromSeconds(1 + (4 * random.NextDouble()));
        }
    }

    public async Task<RoundResult> Run(TimeSpan length)
    {
        var setting = await new Setting(_cluster).Prepare(_options.Nodes);
        _client = new Client(_cluster.Nodes, _promises) { Bearer = setting.Key };
        using var stopping = new CancellationTokenSource();
        using var givingUp = new CancellationTokenSource();
        _client.GivingUp = givingUp.Token;
        var loads = Loads(setting, stopping.Token);
        var injector = new Injector(_cluster, _options.Faults, _timeline, _seed, stopping.Token);
        var start = _timeline.Now;
        _timeline.Add("load and faults begin");
        var running = Task.WhenAll(loads.Select(load => Task.Run(load.Run)));
        var injecting = Task.Run(injector.Run);
        await Task.WhenAny(Task.Delay(length), running, injecting);
        await stopping.CancelAsync();
        var loadTime = _timeline.Now - start;
        _timeline.Add("load and faults end");
        await injecting;
        await Heal();
        givingUp.CancelAfter(LongestSettling);
        await running;
        await Rest();
        var observed = await new Observation(_cluster, _client, _promises, _seed, setting).Run();
        var violations = Comparison.Run(_promises, observed);
        foreach (var violation in violations)
            _timeline.Add($"VIOLATION: {violation}");

        return Result(loadTime, injector, observed, violations);
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await _cluster.DisposeAsync();
        _timeline.Dispose();
    }

    private List<Load> Loads(Prepared setting, CancellationToken stopping)
    {
        var context = new LoadContext(_client!, _promises, _cluster.Database, _cluster.Mails, _timeline, stopping);
        _campaigns = new CampaignLoad(context, _idle, setting.Template, setting.Wording, _seed + 2);
        return
        [
            _campaigns,
            new AccessLoad(context, Setting.Owner, Setting.Password, _seed + 3),
            new RecordLoad(context, _seed + 4),
            .. Enumerable.Range(1, 4).Select(number => new ContactLoad(context, _idle, number, _seed + 10 + number)),
        ];
    }

    /// <summary>Every fault is over; what is still down comes up.</summary>
    private async Task Heal()
    {
        await _cluster.Database.WaitUntilBack();
        foreach (var node in _cluster.Nodes)
            node.Start();

        foreach (var node in _cluster.Nodes)
        {
            try
            {
                await node.WaitUntilReady(LongestSettling);
            }
            catch (TimeoutException late)
            {
                _promises.Surprises.Enqueue(late.Message);
            }
        }

        _timeline.Add("everything is up again");
    }

    /// <summary>Waits until every campaign is over and nothing is in flight or deferred.</summary>
    private async Task Rest()
    {
        var start = _timeline.Now;
        while (true)
        {
            // Deferred mails would wait for minutes; that they wait is not what this is about.
            await _cluster.Database.Query(
                "update sending.deferred set due_at = now() where due_at > now() and node is null returning 1",
                reader => reader.GetInt32(0)
            );
            var under = await _cluster.Database.Query(
                """
                select (select count(*) from backstage.email_campaigns c where c.status in ('scheduled', 'sending'))
                    + (select count(*) from sending.in_flight) + (select count(*) from sending.deferred)
                    + (select count(*) from sending.runs r where not r.is_over)
                """,
                reader => reader.GetInt64(0)
            );
            if (under[0] == 0)
                break;

            if (_timeline.Now - start > LongestRest)
            {
                _promises.Surprises.Enqueue(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"Sending did not come to rest: {under[0]} are under way."
                    )
                );
                break;
            }

            await Task.Delay(Pause);
        }

        await _campaigns!.Look();
        _timeline.Add("sending is at rest");
    }

    private RoundResult Result(
        TimeSpan loadTime,
        Injector injector,
        Observed observed,
        IReadOnlyList<string> violations
    )
    {
        var twice = observed.Mails.GroupBy(mail => (mail.To, mail.MessageId)).Count(mails => mails.Count() > 1);
        return new RoundResult(
            _seed,
            Math.Round(loadTime.TotalSeconds, 1),
            Math.Round(_timeline.Now.TotalSeconds, 1),
            injector.Counts,
            _promises.Acknowledged,
            _promises.Indeterminate,
            Math.Round(_client!.LongestStall.TotalSeconds, 1),
            observed.Log.Count,
            _promises.Contacts.Count,
            _promises.Campaigns.Count,
            observed.Mails.Count,
            observed.Ledger.Count(row => row.IsInDoubt),
            twice,
            _cluster.Database.StartedByDriver,
            _cluster.Directory,
            violations
        );
    }
}
