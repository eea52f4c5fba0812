using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using SchemaHub.Api.Http;

namespace SchemaHub.Api.Podcasts;

/// <summary>Rows that come many at a time: a JSON array, or one JSON object a line.</summary>
internal static class Batches
{
    public const string Json = "application/json";
    public const string Lines = "application/x-ndjson";

    private const int FirstBuffer = 64 * 1024;

    /// <summary>All rows of a request, in memory: a batch is taken whole or not at all.</summary>
    /// <exception cref="BadHttpRequestException">It is too large, or no JSON.</exception>
    public static async Task<IReadOnlyList<T>> ReadBatch<T>(
        this HttpRequest request,
        ApiOptions options,
        CancellationToken cancellation
    )
    {
        var isLines = IsLines(request);
        request.HttpContext.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize =
            options.MaxBatchBytes;
        var (buffer, length) = await ReadAll(request, cancellation);
        try
        {
            return isLines ? ParseLines<T>(buffer.AsSpan(0, length)) : ParseArray<T>(buffer.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static bool IsLines(HttpRequest request)
    {
        if (request.HasJsonContentType())
            return false;

        return
            MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            && type.MediaType.Equals(Lines, StringComparison.OrdinalIgnoreCase)
            ? true
            : throw new BadHttpRequestException("Neither.", StatusCodes.Status415UnsupportedMediaType);
    }

    private static async Task<(byte[] Buffer, int Length)> ReadAll(HttpRequest request, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        var length = 0;
        while (await request.Body.ReadAsync(buffer.AsMemory(length), cancellation) is > 0 and var read)
        {
            length += read;
            if (length < buffer.Length)
                continue;

            var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
            buffer.CopyTo(larger, 0);
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = larger;
        }

        return (buffer, length);
    }

    private static List<T> ParseArray<T>(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<List<T>>(json, StrictJson.Options)
                ?? throw new BadHttpRequestException("The body is null.");
        }
        catch (JsonException refused)
        {
            throw new BadHttpRequestException("The body is no such array.", refused);
        }
    }

    private static List<T> ParseLines<T>(ReadOnlySpan<byte> lines)
    {
        var rows = new List<T>();
        foreach (var range in lines.Split((byte)'\n'))
        {
            var line = lines[range].Trim(" \t\r"u8);
            if (line.IsEmpty)
                continue;

            try
            {
                rows.Add(JsonSerializer.Deserialize<T>(line, StrictJson.Options)!);
            }
            catch (JsonException refused)
            {
                var (field, rule) = StrictJson.Explain(refused);
                var row = string.Create(CultureInfo.InvariantCulture, $"[{rows.Count}]");
                throw new MalformedRequestException(field is null ? row : $"{row}.{field}", rule);
            }
        }

        return rows;
    }
}
