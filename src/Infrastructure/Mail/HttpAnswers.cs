using System.Text.Json;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>What is read of the answers of other services.</summary>
internal static class HttpAnswers
{
    private const int LargestAnswer = 64 * 1024;

    /// <summary>The answer's JSON; null where it is none, or too large to be one.</summary>
    public static async Task<JsonElement?> ReadJson(HttpResponseMessage answer, CancellationToken cancellation)
    {
        await using var stream = await answer.Content.ReadAsStreamAsync(cancellation);
        var bytes = new byte[LargestAnswer];
        var length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation);
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(bytes.AsSpan(0, length));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>How long to wait before the next request, where the answer says it.</summary>
    public static TimeSpan? RetryAfter(HttpResponseMessage answer, TimeProvider clock)
    {
        var after = answer.Headers.RetryAfter;
        var pause = after?.Delta ?? after?.Date - clock.GetUtcNow();
        return pause > TimeSpan.Zero ? pause : null;
    }
}
