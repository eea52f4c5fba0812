using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Metadata;
using SchemaHub.Application.Records;

namespace SchemaHub.Api.Records;

/// <summary>A table of any size as CSV (RFC 4180) in constant memory.</summary>
internal sealed class CsvStream(RecordType type, IAsyncEnumerable<PublishedRecord> records)
    : IResult,
        IEndpointMetadataProvider
{
    private const string ContentType = "text/csv";
    private const int FlushCharacters = 16 * 1024;

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(string), [ContentType]));

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = $"{ContentType}; charset=utf-8; header=present";
        var text = new StringBuilder();
        AppendLine(text, ["id", .. type.Columns.Select(column => column.Name), "created_at", "updated_at"]);
        // What fails on the way cuts the connection, so that nobody takes a part for the whole.
        await foreach (var record in records.WithCancellation(httpContext.RequestAborted))
        {
            AppendLine(
                text,
                [
                    record.Id,
                    .. type.Columns.Select(column => TextOf(column.Property.GetValue(record.Row))),
                    TextOf(record.CreatedAt),
                    TextOf(record.UpdatedAt),
                ]
            );
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

    private static void AppendLine(StringBuilder text, IEnumerable<string> values)
    {
        text.AppendJoin(',', values.Select(Quoted)).Append("\r\n");
    }

    // A spreadsheet would run what begins like a formula.
    private static string Quoted(string value)
    {
        if (value.Length > 0 && value[0] is '=' or '+' or '-' or '@' or '\t' or '\r' && !IsNumber(value))
            value = $"'{value}";

        return value.AsSpan().IndexOfAny(",\"\r\n") < 0
            ? value
            : $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    private static bool IsNumber(string value) =>
        decimal.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
}
