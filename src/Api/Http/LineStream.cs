using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Metadata;

namespace SchemaHub.Api.Http;

/// <summary>An answer of any size in constant memory: one JSON object a line (<c>application/x-ndjson</c>).</summary>
internal sealed class LineStream<T>(IAsyncEnumerable<T> lines) : IResult, IEndpointMetadataProvider
{
    private const string ContentType = "application/x-ndjson";
    private const int FlushBytes = 32 * 1024;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = ContentType;
        var body = response.BodyWriter;
        await using var writer = new Utf8JsonWriter(body);
        // What fails on the way cuts the connection, so that nobody takes a part for the whole.
        await foreach (var line in lines.WithCancellation(httpContext.RequestAborted))
        {
            JsonSerializer.Serialize(writer, line, StrictJson.Options);
            writer.Flush();
            writer.Reset();
            body.GetSpan(1)[0] = (byte)'\n';
            body.Advance(1);
            if (body.UnflushedBytes >= FlushBytes)
                await body.FlushAsync(httpContext.RequestAborted);
        }

        await body.FlushAsync(httpContext.RequestAborted);
    }

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(T), [ContentType]));
}
