using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using SchemaHub.Api.Http;
using SchemaHub.Api.Records;

namespace SchemaHub.Api.OpenApi;

/// <summary>What holds for operations by their kind: names, security, refusals, and how lists are paged.</summary>
internal static partial class OperationDescription
{
    private const string ApiPrefix = "api/v1/";

    /// <summary>Describes one operation.</summary>
    public static Task Describe(
        OpenApiOperation operation,
        OpenApiOperationTransformerContext context,
        CancellationToken cancellation
    )
    {
        var path = Constraint().Replace(context.Description.RelativePath ?? "", "").TrimEnd('/');
        var method = context.Description.HttpMethod ?? "";
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var isOpen = metadata.OfType<IAllowAnonymous>().Any();
        var isChange = method is "POST" or "PUT" or "DELETE";
        operation.OperationId = NameOf(method, path);
        operation.Security = isOpen
            ? []
            : [Need(context, ServiceDescription.BearerScheme), Need(context, ServiceDescription.CookieScheme)];
        var hasVersion = operation.Parameters?.Any(parameter => parameter.Name == "If-Match") == true;
        string?[] refusals =
        [
            "400",
            isOpen ? null : "401",
            isOpen ? null : "403",
            path.Contains('{', StringComparison.Ordinal) ? "404" : null,
            isChange ? "409" : null,
            isOpen && isChange ? "410" : null,
            hasVersion ? "412" : null,
            operation.RequestBody is null ? null : "413",
            operation.RequestBody is null ? null : "415",
            "422",
            hasVersion ? "428" : null,
            "429",
        ];
        ProblemResponses.Refer(operation, context.Document, refusals.OfType<string>());
        if (method is "POST" or "PUT")
            AddIdempotencyKey(operation);

        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
            ParameterDescriptions.Describe(parameter, path, metadata.OfType<NumberedKey>().Any());

        DescribeList(operation, metadata.OfType<ListOrder>().LastOrDefault());
        return Task.CompletedTask;
    }

    /// <summary>Method and path in one word, such as <c>getContactsById</c>: as stable as the path is.</summary>
    private static string NameOf(string method, string path)
    {
        var route = path.StartsWith(ApiPrefix, StringComparison.Ordinal) ? path[ApiPrefix.Length..] : path;
        var words = route
            .Split('/')
            .SelectMany(segment => segment.StartsWith('{') ? ["by", segment.Trim('{', '}')] : segment.Split('-', '.'))
            .Where(word => word.Length > 0)
            .Select(word => char.ToUpperInvariant(word[0]) + word[1..]);
        return method.ToLowerInvariant() + string.Concat(words);
    }

    private static OpenApiSecurityRequirement Need(OpenApiOperationTransformerContext context, string scheme) =>
        new() { [new OpenApiSecuritySchemeReference(scheme, context.Document)] = [] };

    private static void AddIdempotencyKey(OpenApiOperation operation)
    {
        operation.Parameters ??= [];
        operation.Parameters.Add(
            new OpenApiParameter
            {
                Name = "Idempotency-Key",
                In = ParameterLocation.Header,
                Description = "1 to 255 visible ASCII characters. The same request again answers as the first did.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = 255 },
            }
        );
    }

    /// <summary>Order, filters and page size of a list, in the same words everywhere.</summary>
    private static void DescribeList(OpenApiOperation operation, ListOrder? order)
    {
        if (order is null)
            return;

        var filters = new List<string>();
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
        {
            switch (parameter.Name)
            {
                case "limit" when parameter.Schema is OpenApiSchema schema:
                    (schema.Minimum, schema.Maximum) = ("1", order.Most.ToString(CultureInfo.InvariantCulture));
                    break;
                case "after" or "sort" or "order":
                    break;
                case { } name when parameter.In == ParameterLocation.Query:
                    filters.Add($"`{name}`");
                    break;
            }
        }

        var size = order.IsPaged
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"Page size: `limit`, {order.Default} unless said, {order.Most} at most."
            )
            : $"Page size: the whole list at once, {order.Whole}.";
        var filter = order.Filters ?? (filters.Count == 0 ? "none" : string.Join(", ", filters));
        string?[] sentences = [operation.Description, $"Order: {order.By}.", $"Filters: {filter}.", size];
        operation.Description = string.Join(' ', sentences.Where(text => !string.IsNullOrEmpty(text)));
    }

    // What a route demands of a parameter, such as `:long`, is in its schema.
    [GeneratedRegex(@"[:?][^{}]*(?=\})", RegexOptions.None, 1_000)]
    private static partial Regex Constraint();
}
