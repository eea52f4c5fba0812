using System.Globalization;

namespace SchemaHub.Faults;

/// <summary>Injects one fault after another, chosen and timed by a seed; several may be under way at once.</summary>
internal sealed class Injector(
    Cluster cluster,
    IReadOnlyList<string> names,
    Timeline timeline,
    int seed,
    CancellationToken stopping
)
{
    private const double ShortestGap = 0.5;
    private const double LongestGap = 3;
    private const double ShortestFault = 0.5;
    private const double LongestFault = 8;

    private readonly Random _random = new(seed);
    private readonly List<Task> _underWay = [];
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);
    private Task _server = Task.CompletedTask;
    private Task _mail = Task.CompletedTask;

    /// <summary>How often each fault was injected.</summary>
    public IReadOnlyDictionary<string, int> Counts => _counts;

    /// <summary>Runs until the round is over; then every fault is over too.</summary>
    public async Task Run()
    {
        while (!stopping.IsCancellationRequested)
        {
            await Wait(Between(ShortestGap, LongestGap));
            if (stopping.IsCancellationRequested)
                break;

            // Both are drawn in any case, so that the choice does not depend on what is under way.
            var (name, length) = (names[_random.Next(names.Count)], Between(ShortestFault, LongestFault));
            var node = cluster.Nodes[_random.Next(cluster.Nodes.Count)];
            _underWay.RemoveAll(fault => fault.IsCompletedSuccessfully);
            if (TryBegin(name, node, length))
                _counts[name] = _counts.GetValueOrDefault(name) + 1;
        }

        await Task.WhenAll(_underWay);
    }

    /// <returns>Whether it began: not where its target is under another fault already.</returns>
    private bool TryBegin(string name, Node node, TimeSpan length) =>
        name switch
        {
            FaultNames.KillNode => OnNode(name, node, length, KillNode),
            FaultNames.StopNode => OnNode(name, node, length, StopNode),
            FaultNames.CutDatabase => OnNode(name, node, length, (n, t) => Proxy(n.Database, ProxyMode.Cut, t)),
            FaultNames.BlackholeDatabase => OnNode(
                name,
                node,
                length,
                (n, t) => Proxy(n.Database, ProxyMode.Blackhole, t)
            ),
            FaultNames.DelayDatabase => OnNode(name, node, length, (n, t) => Proxy(n.Database, ProxyMode.Delay, t)),
            FaultNames.CutMail => OnNode(name, node, length, (n, t) => Proxy(n.Mail, ProxyMode.Cut, t)),
            FaultNames.BlackholeMail => OnNode(name, node, length, (n, t) => Proxy(n.Mail, ProxyMode.Blackhole, t)),
            FaultNames.KillBackend => OnServer(name, () => cluster.KillBackend(_random.Next())),
            FaultNames.TerminateBackend => OnServer(name, () => cluster.TerminateBackend(_random.Next())),
            FaultNames.KillPostgres => OnServer(name, () => EndServer(Signals.Kill)),
            FaultNames.ImmediatePostgres => OnServer(name, () => EndServer(Signals.Quit)),
            FaultNames.FastPostgres => OnServer(name, () => EndServer(Signals.Interrupt)),
            FaultNames.BusyMail => OnMail(name, MailMood.Busy, length),
            FaultNames.SilentMail => OnMail(name, MailMood.FallsSilent, length),
            FaultNames.SilentTakenMail => OnMail(name, MailMood.TakesAndFallsSilent, length),
            FaultNames.CloseMail => OnMail(name, MailMood.TakesAndHangsUp, length),
            FaultNames.OneMail => OnMail(name, MailMood.TakesOneEach, length),
            _ => throw new ArgumentException($"{name} is not a fault.", nameof(name)),
        };

    private bool OnNode(string name, Node node, TimeSpan length, Func<Node, TimeSpan, Task> fault)
    {
        if (node.IsTaken)
            return false;

        node.IsTaken = true;
        _underWay.Add(Do());
        return true;

        async Task Do()
        {
            timeline.Add(
                string.Create(CultureInfo.InvariantCulture, $"{name} of {node.Name} for {length.TotalSeconds:F1} s")
            );
            await fault(node, length);
            timeline.Add($"{name} of {node.Name} is over");
            node.IsTaken = false;
        }
    }

    private bool OnServer(string name, Func<Task> fault)
    {
        if (!_server.IsCompleted)
            return false;

        _underWay.Add(_server = Do());
        return true;

        async Task Do()
        {
            timeline.Add(name);
            await fault();
            timeline.Add($"{name} is over");
        }
    }

    private bool OnMail(string name, MailMood mood, TimeSpan length)
    {
        if (!_mail.IsCompleted)
            return false;

        _underWay.Add(_mail = Do());
        return true;

        async Task Do()
        {
            timeline.Add(string.Create(CultureInfo.InvariantCulture, $"{name} for {length.TotalSeconds:F1} s"));
            cluster.Mails.Mood = mood;
            await Wait(length);
            cluster.Mails.Mood = MailMood.Takes;
            timeline.Add($"{name} is over");
        }
    }

    private async Task KillNode(Node node, TimeSpan length)
    {
        await node.Kill();
        await Wait(length / 2);
        node.Start();
    }

    private async Task StopNode(Node node, TimeSpan length)
    {
        node.Freeze();
        await Wait(length);
        node.Thaw();
    }

    private async Task Proxy(TcpProxy proxy, ProxyMode mode, TimeSpan length)
    {
        proxy.Set(mode);
        await Wait(length);
        proxy.Set(ProxyMode.Pass);
    }

    private async Task EndServer(Action<int> signal)
    {
        if (cluster.Database.ProcessId() is { } postmaster)
            signal(postmaster);

        await cluster.Database.WaitUntilBack();
    }

    private TimeSpan Between(double least, double most) =>
        TimeSpan.FromSeconds(least + ((most - least) * _random.NextDouble()));

    private async Task Wait(TimeSpan time) =>
        await Task.Delay(time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
