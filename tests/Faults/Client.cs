using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace SchemaHub.Faults;

/// <summary>A request. A change has a key, under which it is repeated until it is answered.</summary>
internal sealed partial record Ask(HttpMethod Method, string Path, string? Body = null)
{
    public string? Key { get; init; }

    public long? IfMatch { get; init; }

    public string ContentType { get; init; } = "application/json";

    /// <summary>Instead of the organization's key; empty for nobody.</summary>
    public string? Bearer { get; init; }

    /// <summary>A change, with a key of its own.</summary>
    public static Ask Change(HttpMethod method, string path, string? body = null) =>
        new(method, path, body) { Key = $"faults-{Guid.CreateVersion7():n}" };

    /// <summary>The request without what differs from one to the next.</summary>
    public override string ToString() => $"{Method} {Ids().Replace(Path.Split('?')[0], "/…")}";

    [GeneratedRegex("/([0-9]+|[0-9a-f-]{32,})(?=/|$)", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Ids();
}

/// <summary>A clear answer: done, or refused for good.</summary>
internal sealed record Answer(int Status, string Body)
{
    public bool IsDone => Status is >= 200 and < 300;

    public JsonElement Json => JsonSerializer.Deserialize<JsonElement>(Body);

    /// <summary>The code of a problem, or nothing.</summary>
    public string? Code => Body.StartsWith('{') && Json.TryGetProperty("code", out var code) ? code.GetString() : null;

    public long Long(string name) => Json.GetProperty(name).GetInt64();

    public long? Position =>
        Json.TryGetProperty("position", out var position) && position.ValueKind == JsonValueKind.Number
            ? position.GetInt64()
            : null;
}

/// <summary>Nobody gave a clear answer before the end of the round.</summary>
internal sealed class UnansweredException(string message) : Exception(message);

/// <summary>Sends requests to any node, over real sockets, until each has a clear answer.</summary>
internal sealed class Client : IDisposable
{
    // Longer than the service's own limit: a request that takes longer breaks its promise.
    private static readonly TimeSpan LongestRequest = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(150);

    private readonly HttpClient _http = new(
        new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
        }
    )
    {
        Timeout = LongestRequest,
    };

    private readonly IReadOnlyList<Node> _nodes;
    private readonly Promises _promises;
    private long _turn;
    private long _lastAcknowledged = Stopwatch.GetTimestamp();
    private long _longestStall;

    public Client(IReadOnlyList<Node> nodes, Promises promises) => (_nodes, _promises) = (nodes, promises);

    /// <summary>The organization's key.</summary>
    public string Bearer { get; set; } = "";

    /// <summary>Requests without a clear answer are not repeated any more once this is cancelled.</summary>
    public CancellationToken GivingUp { get; set; }

    /// <summary>The longest time in which no change was acknowledged by any node.</summary>
    public TimeSpan LongestStall => TimeSpan.FromTicks(Interlocked.Read(ref _longestStall));

    /// <summary>Repeats a change under its key until it is answered.</summary>
    /// <exception cref="UnansweredException">It was not, and the round is over.</exception>
    public async Task<Answer> Settle(Ask ask)
    {
        for (var tries = 1; ; tries++)
        {
            var node = _nodes[(int)(Interlocked.Increment(ref _turn) % _nodes.Count)];
            if (await Try(node, ask) is { } answer)
            {
                if (answer.IsDone)
                    Acknowledge();

                return answer;
            }

            if (GivingUp.IsCancellationRequested)
                throw new UnansweredException(
                    string.Create(CultureInfo.InvariantCulture, $"{ask} had no clear answer after {tries} tries.")
                );

            await Task.Delay(Pause);
        }
    }

    /// <summary>Asks one node once; null where the answer is not clear.</summary>
    public async Task<Answer?> Try(Node node, Ask ask)
    {
        using var request = Request(node, ask);
        try
        {
            using var response = await _http.SendAsync(request);
            var body = await response.Content.ReadAsStringAsync();
            if (
                response.StatusCode is not (HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests)
                && (int)response.StatusCode < 500
            )
                return new Answer((int)response.StatusCode, body);

            _promises.CountIndeterminate(((int)response.StatusCode).ToString(CultureInfo.InvariantCulture), ask);
            return null;
        }
        catch (OperationCanceledException)
        {
            _promises.CountIndeterminate("silence", ask);
            return null;
        }
        catch (Exception lost) when (lost is HttpRequestException or IOException)
        {
            _promises.CountIndeterminate("lost connection", ask);
            return null;
        }
    }

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage Request(Node node, Ask ask)
    {
        var request = new HttpRequestMessage(ask.Method, new Uri(node.Address, ask.Path));
        if (ask.Body is not null)
            request.Content = new StringContent(ask.Body, Encoding.UTF8, ask.ContentType);

        if ((ask.Bearer ?? Bearer) is { Length: > 0 } bearer)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);

        if (ask.Key is { } key)
            request.Headers.Add("Idempotency-Key", key);

        if (ask.IfMatch is { } version)
            request.Headers.TryAddWithoutValidation(
                "If-Match",
                string.Create(CultureInfo.InvariantCulture, $"\"{version}\"")
            );

        return request;
    }

    private void Acknowledge()
    {
        _promises.CountAcknowledged();
        var now = Stopwatch.GetTimestamp();
        var stall = Stopwatch.GetElapsedTime(Interlocked.Exchange(ref _lastAcknowledged, now), now).Ticks;
        for (var longest = Interlocked.Read(ref _longestStall); stall > longest; )
        {
            var before = Interlocked.CompareExchange(ref _longestStall, stall, longest);
            if (before == longest)
                return;

            longest = before;
        }
    }
}
