using System.Net;
using System.Net.Mime;
using System.Text;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace SchemaHub.Infrastructure.Seals;

/// <summary>
/// A witness reached by HTTP: each checkpoint is posted as JSON. Any 2xx answer means that it is kept, also if it was
/// posted before; 409 means that it contradicts an earlier one.
/// </summary>
public sealed class HttpWitness(Uri address, HttpClient http, TimeProvider clock) : IWitness
{
    private readonly ResiliencePipeline<HttpResponseMessage> _pipeline = Pipeline(clock);

    public string Name => "http:" + address;

    public TimeSpan Interval => TimeSpan.Zero;

    public async Task Deliver(IReadOnlyList<WitnessedCheckpoint> checkpoints, CancellationToken cancellation)
    {
        foreach (var checkpoint in checkpoints)
        {
            var json = checkpoint.ToJson();
            using var answer = await _pipeline.ExecuteAsync(
                async attempt =>
                {
                    using var body = new StringContent(json, Encoding.UTF8, MediaTypeNames.Application.Json);
                    return await http.PostAsync(address, body, attempt);
                },
                cancellation
            );
            if (answer.StatusCode == HttpStatusCode.Conflict)
            {
                throw new InconsistentCheckpointException(
                    $"{address} refuses a checkpoint: it contradicts one it has seen, history was rewritten. "
                        + checkpoint.Note.ReplaceLineEndings(" | ")
                );
            }

            answer.EnsureSuccessStatusCode();
        }
    }

    private static ResiliencePipeline<HttpResponseMessage> Pipeline(TimeProvider clock)
    {
        var transient = new PredicateBuilder<HttpResponseMessage>()
            .Handle<HttpRequestException>()
            .Handle<TimeoutRejectedException>()
            .HandleResult(answer =>
                answer.StatusCode
                    is >= HttpStatusCode.InternalServerError
                        or HttpStatusCode.RequestTimeout
                        or HttpStatusCode.TooManyRequests
            );
        return new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = clock }
            .AddRetry(
                new RetryStrategyOptions<HttpResponseMessage>
                {
                    ShouldHandle = transient,
                    MaxRetryAttempts = 3,
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    Delay = TimeSpan.FromMilliseconds(500),
                }
            )
            .AddCircuitBreaker(
                new CircuitBreakerStrategyOptions<HttpResponseMessage>
                {
                    ShouldHandle = transient,
                    MinimumThroughput = 8,
                    BreakDuration = TimeSpan.FromSeconds(30),
                }
            )
            .AddTimeout(TimeSpan.FromSeconds(10))
            .Build();
    }
}
