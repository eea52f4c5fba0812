using System.Text.Json;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// Compiles MJML with the real package under Node: one process that is kept, is given one template after the other,
/// and is started anew where it died or hung.
/// </summary>
internal sealed class MjmlCompiler(MjmlOptions options) : IMjmlCompiler, IAsyncDisposable
{
    private const string Field = "MjmlContent";
    private const int MostProblems = 20;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private MjmlWorker? _worker;

    /// <summary>The process that is kept, if there is one.</summary>
    internal int? ProcessId => _worker?.ProcessId;

    /// <inheritdoc/>
    public async Task<CompiledMjml> Compile(string mjml, CancellationToken cancellation)
    {
        if (MjmlTags.Refused(mjml) is { } broken)
            return new CompiledMjml(Html: null, [broken]);

        var answer = await Ask(JsonSerializer.Serialize(new { mjml }), cancellation);
        if (answer.TryGetProperty("html", out var html))
            return new CompiledMjml(html.GetString(), []);

        var problems = answer.GetProperty("errors").EnumerateArray().Take(MostProblems);
        return new CompiledMjml(Html: null, [.. problems.Select(problem => Told(problem, mjml))]);
    }

    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync();
        _worker?.Dispose();
        _worker = null;
        _turn.Dispose();
    }

    private async Task<JsonElement> Ask(string request, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(TimeSpan.FromSeconds(options.TimeoutSeconds));
            if (_worker is { IsAlive: false })
                Discard();

            _worker ??= await MjmlWorker.Start(options, patience.Token);
            return await _worker.Ask(request, patience.Token);
        }
        catch (Exception failure)
        {
            // What it would answer later belongs to nobody: the next template gets a process of its own.
            Discard();
            if (failure is OperationCanceledException && !cancellation.IsCancellationRequested)
                throw new MjmlUnavailableException(
                    $"Compiling took longer than {options.TimeoutSeconds} seconds and was given up.",
                    failure
                );

            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    private void Discard()
    {
        _worker?.Dispose();
        _worker = null;
    }

    private static TemplateProblem Told(JsonElement problem, string mjml)
    {
        var line = problem.TryGetProperty("line", out var number) ? number.GetInt32() : (int?)null;
        var tag = problem.TryGetProperty("tagName", out var name) ? name.GetString() : null;
        return new TemplateProblem(
            Field,
            problem.GetProperty("message").GetString()!,
            line,
            line is { } known && tag is not null ? MjmlTags.Column(mjml, known, tag) : null
        );
    }
}
