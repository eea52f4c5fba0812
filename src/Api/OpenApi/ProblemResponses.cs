using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using SchemaHub.Api.Http;

namespace SchemaHub.Api.OpenApi;

/// <summary>Refusals, described once and referred to by every operation that may answer so.</summary>
internal static class ProblemResponses
{
    private const string Else = "default";

    private static readonly Dictionary<string, (string Name, string Description)> s_all = new(StringComparer.Ordinal)
    {
        ["400"] = ("Malformed", "The request is not well-formed: `errors` names the field."),
        ["401"] = ("NotAuthenticated", "No key, token or session that is known."),
        ["403"] = ("NotPermitted", "Known, and not permitted to do this."),
        ["404"] = ("NotFound", "It does not exist, or belongs to another organization."),
        ["409"] = ("Conflict", "It does not go together with what is there: `code` says what."),
        ["410"] = ("Gone", "The link was good for a while only, or was used."),
        ["412"] = ("Stale", "Somebody else changed it: `If-Match` names an older version."),
        ["413"] = ("TooLarge", "The body is larger than is taken."),
        ["415"] = ("WrongMediaType", "The body is not of a type that is taken."),
        ["422"] = ("Invalid", "A rule is broken: `errors` says which, by field."),
        ["428"] = ("VersionRequired", "`If-Match` is missing."),
        ["429"] = ("TooMany", "Too many requests: `Retry-After` says how long to wait."),
        [Else] = ("Problem", "Another problem; its `code` says which."),
    };

    /// <summary>Adds them to the document.</summary>
    public static async Task Add(
        OpenApiDocument document,
        OpenApiDocumentTransformerContext context,
        CancellationToken cancellation
    )
    {
        const string schema = "Problem";
        document.AddComponent(schema, await context.GetOrCreateSchemaAsync(typeof(Problem), null, cancellation));
        foreach (var (name, description) in s_all.Values)
            document.AddComponent<IOpenApiResponse>(
                name,
                new OpenApiResponse
                {
                    Description = description,
                    Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
                    {
                        [Problems.ContentType] = new() { Schema = new OpenApiSchemaReference(schema, document) },
                    },
                }
            );
    }

    /// <summary>Says of an operation how it may refuse.</summary>
    public static void Refer(OpenApiOperation operation, OpenApiDocument? document, IEnumerable<string> statuses)
    {
        operation.Responses ??= [];
        foreach (var status in statuses.Append(Else))
            operation.Responses[status] = new OpenApiResponseReference(s_all[status].Name, document);
    }
}
