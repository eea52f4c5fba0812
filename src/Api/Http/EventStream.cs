using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Metadata;
using SchemaHub.Api.Security;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Api.Http;

/// <summary>One thing to tell over a stream of server-sent events.</summary>
/// <param name="Name">What kind it is: what a browser's <c>EventSource</c> listens for.</param>
/// <param name="Data">Sent as JSON.</param>
/// <param name="Id">Where to go on after a break: comes back as <c>Last-Event-ID</c>.</param>
internal sealed record Told(string Name, object Data, string? Id = null);

/// <summary>
/// Server-sent events (WHATWG HTML, section 9.2): an answer that goes on until the caller leaves or the service stops.
/// A comment now and then keeps proxies from thinking it dead, and after a minute it ends: the caller comes again where
/// it left off. It ends within a second once the caller has signed out, or lost the key, the membership or a right. Map
/// its route with <c>DisableRequestTimeout</c>.
/// </summary>
internal sealed class EventStream(IAsyncEnumerable<Told> events) : IResult, IEndpointMetadataProvider
{
    public const string ContentType = "text/event-stream";

    /// <summary>How long a browser waits before it comes again, in milliseconds.</summary>
    private const int RetryMilliseconds = 2_000;

    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan BetweenChecks = TimeSpan.FromMilliseconds(500);

    /// <summary>The id of the last event that the caller got, where it comes again.</summary>
    public static string? LastId(HttpRequest request) =>
        request.Headers["Last-Event-ID"] is [{ Length: > 0 } id] ? id : null;

    /// <summary>
    /// Looks again and again, and tells what it sees whenever that is another thing than before.
    /// </summary>
    /// <param name="look">Answers null at the end: nothing more will come.</param>
    public static async IAsyncEnumerable<T> Changes<T>(
        Func<CancellationToken, Task<T?>> look,
        TimeSpan every,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
        where T : class
    {
        using var timer = new PeriodicTimer(every);
        string? last = null;
        do
        {
            if (await look(cancellation) is not { } seen)
                yield break;

            var form = JsonSerializer.Serialize(seen, StrictJson.Options);
            if (form == last)
                continue;

            last = form;
            yield return seen;
        } while (await timer.WaitForNextTickAsync(cancellation));
    }

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(string), [ContentType]));

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var stopping = httpContext.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted, stopping);
        end.CancelAfter(Longest);
        var response = httpContext.Response;
        response.ContentType = ContentType;
        response.Headers.CacheControl = "no-store";
        // nginx would gather the events.
        response.Headers["X-Accel-Buffering"] = "no";
        var checking = Check(httpContext.Features.Get<CallerCheck>(), end);
        try
        {
            await response.WriteAsync($"retry: {RetryMilliseconds}\n\n", end.Token);
            await response.Body.FlushAsync(end.Token);
            await Tell(response, end.Token);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The caller left, or comes again.
        }
        finally
        {
            await end.CancelAsync();
            await checking;
        }
    }

    /// <summary>Ends the stream once its caller is not who it was.</summary>
    /// <param name="caller">Null for the operator, whose token is good for as long as the service runs.</param>
    private static async Task Check(CallerCheck? caller, CancellationTokenSource end)
    {
        if (caller is null)
            return;

        try
        {
            using var timer = new PeriodicTimer(BetweenChecks);
            while (await timer.WaitForNextTickAsync(end.Token) && await caller.IsCurrent(end.Token)) { }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // It is over.
        }
        catch (Exception unknown) when (DatabaseOutage.Is(unknown))
        {
            // Without a database nobody knows what the caller may see. It comes again.
        }

        await end.CancelAsync();
    }

    private async Task Tell(HttpResponse response, CancellationToken end)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(end);
        await using var telling = events.GetAsyncEnumerator(done.Token);
        var next = telling.MoveNextAsync().AsTask();
        try
        {
            while (await Next(response, next, end))
            {
                await response.WriteAsync(Form(telling.Current), end);
                await response.Body.FlushAsync(end);
                next = telling.MoveNextAsync().AsTask();
            }
        }
        finally
        {
            // Whatever ended it: an enumerator is disposed of only once it stands still.
            await done.CancelAsync();
            await Task.WhenAny(next);
        }
    }

    /// <summary>Waits for the next event, and breaks the silence meanwhile.</summary>
    private static async Task<bool> Next(HttpResponse response, Task<bool> next, CancellationToken end)
    {
        while (true)
        {
            using var silence = CancellationTokenSource.CreateLinkedTokenSource(end);
            if (await Task.WhenAny(next, Task.Delay(Silence, silence.Token)) == next)
            {
                await silence.CancelAsync();
                return await next;
            }

            end.ThrowIfCancellationRequested();
            await response.WriteAsync(":\n\n", end);
            await response.Body.FlushAsync(end);
        }
    }

    // JSON on one line has no line break, which would end the field.
    private static string Form(Told told)
    {
        var text = new StringBuilder();
        if (told.Id is not null)
            text.Append("id: ").Append(told.Id).Append('\n');

        return text.Append("event: ")
            .Append(told.Name)
            .Append("\ndata: ")
            .Append(JsonSerializer.Serialize(told.Data, StrictJson.Options))
            .Append("\n\n")
            .ToString();
    }
}
