using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;
using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>
/// Patience with a provider, and an end to it: connecting is bounded and tried again, and a provider that keeps failing
/// is left alone for a while. Handing over is never repeated here: only the caller knows what a second mail would mean.
/// </summary>
internal sealed class GuardedProvider : IMailProvider
{
    private static readonly TimeSpan OneTry = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    private readonly IMailProvider _provider;
    private readonly ResiliencePipeline _connecting;
    private readonly ResiliencePipeline _breaker;

    /// <param name="firstPause">Before the second try; doubled, and jittered, before each further one.</param>
    public GuardedProvider(IMailProvider provider, TimeProvider clock, TimeSpan? firstPause = null)
    {
        _provider = provider;
        _breaker = new ResiliencePipelineBuilder { TimeProvider = clock }
            .AddCircuitBreaker(
                new CircuitBreakerStrategyOptions
                {
                    ShouldHandle = arguments =>
                        ValueTask.FromResult(
                            arguments.Outcome.Exception
                                is MailNotSentException { IsForGood: false }
                                    or TimeoutRejectedException
                                || arguments.Outcome.Result is HandOver.NotNow { IsBroken: true } or HandOver.Unknown
                        ),
                    MinimumThroughput = 10,
                    FailureRatio = 0.5,
                    SamplingDuration = TimeSpan.FromSeconds(10),
                    BreakDuration = Rest,
                }
            )
            .Build();
        _connecting = new ResiliencePipelineBuilder { TimeProvider = clock }
            .AddRetry(
                new RetryStrategyOptions
                {
                    ShouldHandle = new PredicateBuilder()
                        .Handle<MailNotSentException>(failed => !failed.IsForGood)
                        .Handle<TimeoutRejectedException>(),
                    MaxRetryAttempts = 2,
                    Delay = firstPause ?? TimeSpan.FromMilliseconds(250),
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                }
            )
            .AddPipeline(_breaker)
            .AddTimeout(OneTry)
            .Build();
    }

    public int Connections => _provider.Connections;

    public PreparedMail Prepare(OutgoingMail mail) => _provider.Prepare(mail);

    public async Task<IMailConnection> Connect(CancellationToken cancellation)
    {
        try
        {
            var connection = await _connecting.ExecuteAsync(
                static async (provider, attempt) => await provider.Connect(attempt),
                _provider,
                cancellation
            );
            return new GuardedConnection(connection, _breaker);
        }
        catch (TimeoutRejectedException late)
        {
            throw new MailNotSentException("The mail provider did not answer in time.", isForGood: false, late);
        }
        catch (BrokenCircuitException resting)
        {
            throw new MailNotSentException("The mail provider failed repeatedly.", isForGood: false, resting);
        }
    }

    private sealed class GuardedConnection(IMailConnection connection, ResiliencePipeline breaker) : IMailConnection
    {
        public async Task<HandOver> Send(PreparedMail mail, CancellationToken cancellation)
        {
            try
            {
                // The connection knows what is in doubt when it is cancelled: nothing here may be faster than it.
                return await breaker.ExecuteAsync(
                    static async (sending, _) => await sending.connection.Send(sending.mail, sending.cancellation),
                    (connection, mail, cancellation),
                    CancellationToken.None
                );
            }
            catch (BrokenCircuitException resting)
            {
                return new HandOver.NotNow("The mail provider failed repeatedly.", resting.RetryAfter ?? Rest);
            }
        }

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}
