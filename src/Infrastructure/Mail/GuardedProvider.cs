using Polly;
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

    private readonly IMailProvider _provider;
    private readonly MailCircuit _circuit;
    private readonly ResiliencePipeline _connecting;

    /// <param name="firstPause">Before the second try; doubled, and jittered, before each further one.</param>
    /// <param name="longestTry">To connect; 10 seconds unless named.</param>
    public GuardedProvider(
        IMailProvider provider,
        MailCircuit circuit,
        TimeProvider clock,
        TimeSpan? firstPause = null,
        TimeSpan? longestTry = null
    )
    {
        _provider = provider;
        _circuit = circuit;
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
            .AddTimeout(longestTry ?? OneTry)
            .Build();
    }

    public int Connections => _provider.Connections;

    public PreparedMail Prepare(OutgoingMail mail) => _provider.Prepare(mail);

    public async Task<IMailConnection> Connect(CancellationToken cancellation)
    {
        var pass = new object();
        try
        {
            var connection = await _connecting.ExecuteAsync(
                static async (one, attempt) => await one.Provider.ConnectOnce(one.Pass, one.Leaving, attempt),
                (Provider: this, Pass: pass, Leaving: cancellation),
                cancellation
            );
            return new GuardedConnection(connection, _circuit, pass);
        }
        catch (TimeoutRejectedException late)
        {
            throw new MailNotSentException("The mail provider did not answer in time.", isForGood: false, late);
        }
        catch (LeftAloneException alone)
        {
            throw new MailNotSentException("The mail provider failed repeatedly.", isForGood: false, alone);
        }
    }

    private async Task<IMailConnection> ConnectOnce(object pass, CancellationToken leaving, CancellationToken attempt)
    {
        if (!_circuit.TryEnter(pass))
            throw new LeftAloneException();

        try
        {
            return await _provider.Connect(attempt);
        }
        catch (Exception failed)
            when (failed is MailNotSentException
                || (failed is OperationCanceledException && !leaving.IsCancellationRequested)
            )
        {
            _circuit.Failed(pass, MailTrouble.Unreachable);
            throw;
        }
        catch
        {
            _circuit.Leave(pass);
            throw;
        }
    }

    private sealed class LeftAloneException : Exception;

    private sealed class GuardedConnection(IMailConnection connection, MailCircuit circuit, object pass)
        : IMailConnection
    {
        public bool IsUsable => connection.IsUsable && circuit.MaySend(pass);

        public async Task<HandOver> Send(PreparedMail mail, CancellationToken cancellation)
        {
            if (!circuit.BeginSend(pass))
                return new HandOver.NotOffered("The mail provider failed repeatedly.");

            var outcome = await connection.Send(mail, cancellation);
            switch (outcome)
            {
                case { IsInDoubt: true }:
                    circuit.Failed(pass, MailTrouble.Silent);
                    break;
                case HandOver.NotNow { IsBroken: true }:
                    circuit.Failed(pass, MailTrouble.Breaking);
                    break;
                case HandOver.NotOffered:
                    circuit.Leave(pass);
                    break;
                default:
                    circuit.Succeeded();
                    break;
            }

            return outcome;
        }

        public ValueTask DisposeAsync()
        {
            circuit.Leave(pass);
            return connection.DisposeAsync();
        }
    }
}
