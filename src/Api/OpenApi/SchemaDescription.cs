using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace SchemaHub.Api.OpenApi;

/// <summary>What the framework does not tell of types.</summary>
internal static class SchemaDescription
{
    /// <summary>Describes one schema.</summary>
    public static Task Describe(
        OpenApiSchema schema,
        OpenApiSchemaTransformerContext context,
        CancellationToken cancellation
    )
    {
        DescribeInstant(schema, context.JsonTypeInfo.Type);
        // What may be null may be left out as well: a property is required, or it is nullable.
        foreach (var property in context.JsonTypeInfo.Properties.Where(MayBeNull))
            schema.Required?.Remove(property.Name);

        return Task.CompletedTask;
    }

    // Instants have a converter of their own, behind which the framework sees no type.
    private static void DescribeInstant(OpenApiSchema schema, Type type)
    {
        if ((Nullable.GetUnderlyingType(type) ?? type) != typeof(DateTimeOffset))
            return;

        schema.Format = "date-time";
        schema.Type =
            type == typeof(DateTimeOffset) ? JsonSchemaType.String : JsonSchemaType.String | JsonSchemaType.Null;
    }

    private static bool MayBeNull(JsonPropertyInfo property) =>
        Nullable.GetUnderlyingType(property.PropertyType) is not null || property.IsGetNullable;
}
