using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Metadata;
using SchemaHub.Application.Records;
using SchemaHub.Infrastructure.Files;

namespace SchemaHub.Api.Http;

/// <summary>A table of any size as CSV (RFC 4180) in constant memory.</summary>
internal sealed class CsvStream(IReadOnlyList<string> columns, IAsyncEnumerable<IReadOnlyList<object?>> rows)
    : IResult,
        IEndpointMetadataProvider
{
    private const string ContentType = "text/csv";
    private const int FlushCharacters = 16 * 1024;

    /// <summary>The table of things, by what stands in their columns.</summary>
    public static CsvStream Of<T>(
        IReadOnlyList<string> columns,
        IAsyncEnumerable<T> things,
        Func<T, IReadOnlyList<object?>> values
    ) => new(columns, Rows(things, values));

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(string), [ContentType]));

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = $"{ContentType}; charset=utf-8; header=present";
        var text = new StringBuilder();
        CsvText.AppendRow(text, columns);
        // What fails on the way cuts the connection, so that nobody takes a part for the whole.
        await foreach (var row in rows.WithCancellation(httpContext.RequestAborted))
        {
            CsvText.AppendRow(text, row.Select(TextOf));
            if (text.Length >= FlushCharacters)
                await Flush();
        }

        await Flush();

        async Task Flush()
        {
            await response.WriteAsync(text.ToString(), httpContext.RequestAborted);
            text.Clear();
        }
    }

    private static async IAsyncEnumerable<IReadOnlyList<object?>> Rows<T>(
        IAsyncEnumerable<T> things,
        Func<T, IReadOnlyList<object?>> values
    )
    {
        await foreach (var thing in things)
            yield return values(thing);
    }

    private static string TextOf(object? value) =>
        value switch
        {
            null => "",
            true => "true",
            false => "false",
            DateTimeOffset at => RowJson.Instant(at),
            DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            JsonElement json => json.GetRawText(),
            _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };
}
