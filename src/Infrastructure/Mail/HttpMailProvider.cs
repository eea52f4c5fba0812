using System.Net;
using System.Text.Json;
using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>A mail as a provider's API wants it.</summary>
/// <param name="Body">JSON.</param>
internal sealed record HttpMail(string MessageId, byte[] Body) : PreparedMail;

/// <summary>
/// A provider that takes each mail by one POST of JSON and answers with JSON. What differs from one to the next is the
/// request, the id in the answer, and what a refusal means.
/// </summary>
internal abstract class HttpMailProvider(HttpClient http, int connections, TimeProvider clock)
    : IMailProvider,
        IMailConnection
{
    private const int LongestReason = 400;

    // It is us that the provider does not want, not the mail: somebody has to mend the settings.
    private static readonly TimeSpan UntilMended = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Shortly = TimeSpan.FromSeconds(1);

    private readonly MimeComposer _composer = new(clock);

    public int Connections => connections;

    /// <summary>
    /// Whether a mail handed over twice under the same id goes out once. Then no mail goes out twice: it is handed over
    /// again, as often as any mail that may have been taken.
    /// </summary>
    protected abstract bool KnowsRepetitions { get; }

    /// <summary>How long to wait for an answer.</summary>
    protected virtual TimeSpan Patience => TimeSpan.FromSeconds(30);

    public PreparedMail Prepare(OutgoingMail mail)
    {
        // What is malformed is refused for the same reasons, whichever way mail leaves.
        _composer.Compose(mail with { Dkim = null });
        using var body = new MemoryStream();
        using (var json = new Utf8JsonWriter(body))
            Write(mail, json);

        return new HttpMail(mail.MessageId, body.ToArray());
    }

    /// <summary>There is nothing to open before the first mail.</summary>
    public Task<IMailConnection> Connect(CancellationToken cancellation) => Task.FromResult<IMailConnection>(this);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public async Task<HandOver> Send(PreparedMail mail, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        try
        {
            using var request = Request((HttpMail)mail);
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            var json = await HttpAnswers.ReadJson(answer, limit.Token);
            return answer.IsSuccessStatusCode ? Taken(json) : Refusal(answer, json);
        }
        catch (HttpRequestException failed) when (IsBeforeSending(failed))
        {
            return new HandOver.NotNow("The mail provider cannot be reached.", IsBroken: true);
        }
        catch (Exception failed) when (failed is HttpRequestException or IOException)
        {
            return InDoubt("The mail provider's answer was cut.");
        }
        catch (OperationCanceledException)
        {
            return InDoubt("The mail provider did not answer in time.");
        }
    }

    /// <summary>Writes the mail as the provider wants it.</summary>
    protected abstract void Write(OutgoingMail mail, Utf8JsonWriter json);

    /// <summary>The request that hands a mail over.</summary>
    protected abstract HttpRequestMessage Request(HttpMail mail);

    /// <summary>The provider's name for a mail that it took; null where the answer has none.</summary>
    protected abstract string? IdOf(JsonElement answer);

    /// <summary>What a refusal means, where this provider means something of its own by it.</summary>
    protected virtual HandOver? OwnRefusal(HttpStatusCode status, JsonElement answer) => null;

    /// <summary>Where a refusal says why; the whole answer where it has no such property.</summary>
    protected virtual string ReasonProperty => "message";

    private HandOver Taken(JsonElement? answer) =>
        answer is { } json && IdOf(json) is { } id
            ? new HandOver.Taken(id)
            : InDoubt("The mail provider's answer cannot be read.");

    private HandOver InDoubt(string reason) =>
        KnowsRepetitions
            ? new HandOver.NotNow(reason, Shortly, IsBroken: true, MayBeTaken: true)
            : new HandOver.Unknown(reason);

    private HandOver Refusal(HttpResponseMessage answer, JsonElement? json)
    {
        if (json is { ValueKind: JsonValueKind.Object } readable && OwnRefusal(answer.StatusCode, readable) is { } own)
            return own;

        var reason = Reason(answer.StatusCode, json);
        return answer.StatusCode switch
        {
            HttpStatusCode.TooManyRequests => new HandOver.NotNow(
                reason,
                HttpAnswers.RetryAfter(answer, clock) ?? Shortly
            ),
            HttpStatusCode.RequestTimeout => InDoubt(reason),
            >= HttpStatusCode.InternalServerError => new HandOver.NotNow(
                reason,
                HttpAnswers.RetryAfter(answer, clock),
                IsBroken: true
            ),
            HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity =>
                new HandOver.Refused(reason),
            _ => new HandOver.NotNow(reason, UntilMended),
        };
    }

    private string Reason(HttpStatusCode status, JsonElement? json)
    {
        var said =
            json is { ValueKind: JsonValueKind.Object } body
            && body.TryGetProperty(ReasonProperty, out var message)
            && message.ValueKind == JsonValueKind.String
                ? message.GetString()
                : "";
        var line = $"{(int)status} {said}".Trim();
        return line.Length > LongestReason ? line[..LongestReason] : line;
    }

    private static bool IsBeforeSending(HttpRequestException failed) =>
        failed.HttpRequestError
            is HttpRequestError.ConnectionError
                or HttpRequestError.NameResolutionError
                or HttpRequestError.SecureConnectionError
                or HttpRequestError.ProxyTunnelError;
}
