using System.Net;
using System.Threading.Channels;
using MediatR;
using Microsoft.Extensions.Logging;
using SchemaHub.Application;
using SchemaHub.Application.Identity;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>Strangers' wishes that were answered already, done one after the other in this process.</summary>
public sealed partial class AccountQueue(RunAs runAs, ILogger<AccountQueue> logger) : IAccountQueue
{
    private const int MostWaiting = 1_000;

    private readonly Channel<Work> _waiting = Channel.CreateBounded<Work>(
        new BoundedChannelOptions(MostWaiting) { SingleReader = true }
    );

    /// <inheritdoc/>
    public void Add(CommandContext context, IRequest<Position> work)
    {
        if (!_waiting.Writer.TryWrite(new Work(work, context.Ip, context.UserAgent)))
            throw new PasswordsBusyException();
    }

    /// <summary>Does what comes in until it is cancelled, and then what waits still.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(cancellation))
                await DoWaiting();
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            await DoWaiting();
        }
    }

    private async Task DoWaiting()
    {
        while (_waiting.Reader.TryRead(out var work))
        {
            try
            {
                await Do(work);
            }
            catch (Exception failed)
            {
                // The person asks again where no mail comes; the next one's wish is not held up by it.
                LogFailed(work.Request.GetType().Name, failed.GetType().Name);
            }
        }
    }

    private async Task Do(Work work)
    {
        // The stranger was answered already: what is left is the service's to do, and still what they asked for.
        await using var scope = runAs.Caller(
            RunAs.SystemContext(Tenant.System, Actors.Public) with
            {
                Ip = work.Ip,
                UserAgent = work.UserAgent,
            }
        );
        await scope.Send(work.Request, CancellationToken.None);
    }

    [LoggerMessage(LogLevel.Error, "{Work} could not be done: {Error}.")]
    private partial void LogFailed(string work, string error);

    private sealed record Work(IRequest<Position> Request, IPAddress? Ip, string? UserAgent);
}
