using System.Text.Json;

namespace SchemaHub.Api.Specs.Http;

/// <summary>What specs that call every route send.</summary>
internal static class RouteSamples
{
    /// <summary>A body that a route takes.</summary>
    /// <param name="path">As it is called, or as it is declared.</param>
    public static string Body(string path) =>
        path.Split('/') switch
        {
            [.., "suppressions"] => """{"reason":"manual"}""",
            [.., "restrictions"] => """{"ground":"unlawful"}""",
            [.., "members", _, "role"] => """{"role":"viewer"}""",
            [.., "members", _, "active"] => """{"active":true}""",
            [.., "email-templates", "preview"] => """{"subject":"Hello","htmlContent":"<p>Hello</p>"}""",
            [.., "email-templates", _] => """{"name":"Letter","subject":"Hello","isDraft":true}""",
            [.., "email-templates", _, "test"] => """{"to":"ann@example.com"}""",
            [.., "v1", "campaigns", "audiences"] => """{"purpose":"marketing"}""",
            [.., "listener-events" or "attribution-events" or "listener-metrics"] => "[]",
            [.., "v1", "campaigns", _] => """{"name":"Spring","templateId":1}""",
            [.., "campaigns", _, "schedule"] => """{"at":"2099-01-01T00:00:00Z"}""",
            [.., "privacy-requests", _, "extension"] => """{"reason":"Spec."}""",
            [.., "privacy-requests", _, "rejection"] => """{"ground":"unfounded","reason":"Spec."}""",
            [.., "keys", _] => """{"name":"Ours"}""",
            _ => "{}",
        };

    /// <summary>How a body is written.</summary>
    public static string ContentType(string path) => IsImport(path) ? "text/csv" : "application/json";

    /// <summary>What must stand in the query, with its question mark.</summary>
    public static string Query(string path) =>
        path switch
        {
            _ when IsImport(path) => "?format=own",
            "/api/v1/consent/as-of" => "?at=2026-01-01T00:00:00Z&purpose=marketing",
            _ => "",
        };

    private static bool IsImport(string path) => path == "/api/v1/imports";

    /// <summary>An id of nothing, of the kind that a route's parameter is.</summary>
    /// <param name="operation">The operation in the OpenAPI document.</param>
    /// <param name="placeholder">The parameter in braces.</param>
    public static string Missing(JsonElement operation, string placeholder)
    {
        var parameter = operation
            .GetProperty("parameters")
            .EnumerateArray()
            .First(parameter => parameter.GetProperty("name").GetString() == placeholder.Trim('{', '}'))
            .GetProperty("schema");
        var isUuid = parameter.TryGetProperty("format", out var format) && format.GetString() == "uuid";
        var isText = !isUuid && parameter.GetProperty("type").ToString().Contains("string", StringComparison.Ordinal);
        var isNumber = parameter.GetProperty("type").ToString().Contains("integer", StringComparison.Ordinal);
        return isUuid ? Guid.CreateVersion7().ToString()
            : isText && !isNumber ? "none"
            : "2147483000";
    }
}
