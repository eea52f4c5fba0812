using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace SchemaHub.Faults;

/// <summary>One service process behind proxies of its own to the database and to the mail server.</summary>
internal sealed class Node : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan BetweenStarts = TimeSpan.FromSeconds(1);

    private readonly Func<Node, ProcessStartInfo> _program;
    private readonly Timeline _timeline;
    private readonly StreamWriter _output;
    private readonly HttpClient _health = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly Lock _changing = new();
    private Process? _process;
    private bool _isWanted;
    private bool _wasReady;
    private bool _hasEnded;
    private Task _keeping = Task.CompletedTask;

    public Node(
        int number,
        int port,
        (int Database, int Mail) servers,
        string directory,
        Func<Node, ProcessStartInfo> program,
        Timeline timeline
    )
    {
        (Number, Address) = (number, new Uri($"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}"));
        (Database, Mail) = (new TcpProxy(servers.Database), new TcpProxy(servers.Mail));
        (_program, _timeline) = (program, timeline);
        Name = string.Create(CultureInfo.InvariantCulture, $"node {number}");
        _output = new StreamWriter(
            Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"node-{number}.log"))
        )
        {
            AutoFlush = true,
        };
    }

    public int Number { get; }

    public string Name { get; }

    public Uri Address { get; }

    /// <summary>The way to the database.</summary>
    public TcpProxy Database { get; }

    /// <summary>The way to the mail server.</summary>
    public TcpProxy Mail { get; }

    /// <summary>A fault that takes the process or its network is under way.</summary>
    public bool IsTaken { get; set; }

    /// <summary>How often a process that had been ready ended without being killed.</summary>
    public int EndedByItself { get; private set; }

    /// <summary>Starts it, and starts it again whenever it ends, until it is stopped or killed.</summary>
    public void Start()
    {
        lock (_changing)
        {
            (_isWanted, _hasEnded) = (true, false);
            if (_keeping.IsCompleted)
                _keeping = Task.Run(Keep);
        }
    }

    /// <summary>Kills the process; it is not started again before <see cref="Start"/>.</summary>
    public async Task Kill()
    {
        End(Signals.Kill);
        await _keeping;
    }

    /// <summary>Asks the process to end in order.</summary>
    public async Task Stop()
    {
        End(Signals.Terminate);
        await _keeping;
    }

    public void Freeze() => Signal(Signals.Stop);

    public void Thaw() => Signal(Signals.Continue);

    public async Task<bool> IsReady()
    {
        try
        {
            using var answer = await _health.GetAsync(new Uri(Address, "health/ready"));
            _wasReady |= answer.StatusCode == HttpStatusCode.OK;
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception silent) when (silent is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Thaw();
        await Kill();
        await Database.DisposeAsync();
        await Mail.DisposeAsync();
        await _output.DisposeAsync();
        _health.Dispose();
    }

    private void End(Action<int> signal)
    {
        lock (_changing)
            _isWanted = false;

        Signal(signal);
    }

    private void Signal(Action<int> signal)
    {
        lock (_changing)
        {
            if (_process is { HasExited: false } running)
                signal(running.Id);
        }
    }

    private async Task Keep()
    {
        while (Begin() is { } process)
        {
            using (process)
            {
                await Task.WhenAll(Copy(process.StandardOutput), Copy(process.StandardError));
                await process.WaitForExitAsync();
                if (!HasEnded(process))
                    return;
            }

            await Task.Delay(BetweenStarts);
        }
    }

    private Process? Begin()
    {
        lock (_changing)
        {
            _wasReady = false;
            return _isWanted ? _process = Process.Start(_program(this)) : null;
        }
    }

    /// <returns>Whether it ended by itself.</returns>
    private bool HasEnded(Process process)
    {
        lock (_changing)
        {
            _process = null;
            if (!_isWanted)
                return false;

            // Starting while the database is away may fail; a node that served goes on through every outage.
            if (_wasReady)
                EndedByItself++;

            if (_wasReady || !_hasEnded)
                _timeline.Add($"{Name} ended by itself with {process.ExitCode.ToString(CultureInfo.InvariantCulture)}");

            _hasEnded = true;
            return true;
        }
    }

    private async Task Copy(StreamReader said)
    {
        while (await said.ReadLineAsync() is { } line)
        {
            lock (_output)
                _output.WriteLine(
                    string.Create(CultureInfo.InvariantCulture, $"{_timeline.Now.TotalSeconds, 8:F2}  {line}")
                );
        }
    }

    /// <summary>Waits until it is ready.</summary>
    /// <exception cref="TimeoutException">It was not within the time.</exception>
    public async Task WaitUntilReady(TimeSpan longest)
    {
        var start = _timeline.Now;
        while (!await IsReady())
        {
            if (_timeline.Now - start > longest)
                throw new TimeoutException($"{Name} is not ready within {longest}.");

            await Task.Delay(Pause);
        }
    }
}
