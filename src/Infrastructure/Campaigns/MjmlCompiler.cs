using System.Collections.Concurrent;
using System.Text.Json;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// Compiles MJML with the real package under Node, in a bounded number of processes that are kept. Organizations take
/// turns. A process that died, hung or was given up is replaced.
/// </summary>
internal sealed class MjmlCompiler : IMjmlCompiler, IAsyncDisposable
{
    private const string Field = "MjmlContent";
    private const int MostProblems = 20;

    private readonly MjmlOptions _options;
    private readonly FairGate _gate;
    private readonly ConcurrentStack<MjmlWorker> _idle = new();
    private volatile bool _isDisposed;

    public MjmlCompiler(MjmlOptions options)
    {
        options.Check();
        _options = options;
        _gate = new FairGate(options.Workers, options.QueueLength);
    }

    /// <summary>The processes that are kept and have nothing to do.</summary>
    internal IReadOnlyList<int> IdleProcesses => [.. _idle.Select(worker => worker.ProcessId)];

    /// <inheritdoc/>
    public async Task<CompiledMjml> Compile(string mjml, Guid organization, CancellationToken cancellation)
    {
        if (MjmlTags.Refused(mjml) is { } broken)
            return new CompiledMjml(Html: null, [broken]);

        JsonElement answer;
        using (await _gate.Enter(organization, cancellation))
            answer = await Ask(JsonSerializer.Serialize(new { mjml }), cancellation);

        return Read(answer, mjml);
    }

    public ValueTask DisposeAsync()
    {
        _isDisposed = true;
        while (_idle.TryPop(out var worker))
            worker.Dispose();

        return ValueTask.CompletedTask;
    }

    private async Task<JsonElement> Ask(string request, CancellationToken cancellation)
    {
        var worker = await Worker(cancellation);
        var isReusable = false;
        try
        {
            using var patience = Patience(cancellation);
            try
            {
                var answer = await worker.Ask(request, patience.Token);
                isReusable = true;
                return answer;
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                throw TemplateTooCostlyException.MjmlSeconds(_options.TimeoutSeconds);
            }
        }
        finally
        {
            // What it would answer later belongs to nobody: the next template gets a process of its own.
            if (isReusable && !_isDisposed)
                _idle.Push(worker);
            else
                worker.Dispose();
        }
    }

    private async Task<MjmlWorker> Worker(CancellationToken cancellation)
    {
        while (_idle.TryPop(out var idle))
        {
            if (idle.IsAlive)
                return idle;

            idle.Dispose();
        }

        using var patience = Patience(cancellation);
        try
        {
            return await MjmlWorker.Start(_options, patience.Token);
        }
        catch (OperationCanceledException late) when (!cancellation.IsCancellationRequested)
        {
            throw new MjmlUnavailableException(
                $"Starting the MJML compiler took longer than {_options.TimeoutSeconds} seconds.",
                late
            );
        }
    }

    private CancellationTokenSource Patience(CancellationToken cancellation)
    {
        var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(_options.TimeoutSeconds));
        return patience;
    }

    // Whatever the package says of somebody's MJML, it is an answer about that MJML.
    private static CompiledMjml Read(JsonElement answer, string mjml)
    {
        if (TextOf(answer, "html") is { } html)
            return html.Length <= TemplateBudgets.RenderedCharacters
                ? new CompiledMjml(html, [])
                : throw TemplateTooCostlyException.MjmlHtml();

        var problems =
            answer.ValueKind == JsonValueKind.Object
            && answer.TryGetProperty("errors", out var errors)
            && errors.ValueKind == JsonValueKind.Array
                ? errors.EnumerateArray().Take(MostProblems).Select(problem => Told(problem, mjml)).ToList()
                : [];
        if (problems.Count == 0)
            problems.Add(new TemplateProblem(Field, "This is no MJML that can be compiled.", Line: null, Column: null));

        return new CompiledMjml(Html: null, problems);
    }

    private static TemplateProblem Told(JsonElement problem, string mjml)
    {
        int? line =
            problem.ValueKind == JsonValueKind.Object
            && problem.TryGetProperty("line", out var number)
            && number.ValueKind == JsonValueKind.Number
            && number.TryGetInt32(out var known)
            && known > 0
                ? known
                : null;
        return new TemplateProblem(
            Field,
            TextOf(problem, "message") is { Length: > 0 } message ? message : "This is no MJML that can be compiled.",
            line,
            line is { } at && TextOf(problem, "tagName") is { } tag ? MjmlTags.Column(mjml, at, tag) : null
        );
    }

    private static string? TextOf(JsonElement json, string property)
    {
        try
        {
            return
                json.ValueKind == JsonValueKind.Object
                && json.TryGetProperty(property, out var text)
                && text.ValueKind == JsonValueKind.String
                ? text.GetString()
                : null;
        }
        catch (InvalidOperationException)
        {
            // Half of a character: that is no text.
            return null;
        }
    }
}
