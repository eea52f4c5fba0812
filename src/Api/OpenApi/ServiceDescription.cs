using Microsoft.OpenApi;
using SchemaHub.Api.Security;

namespace SchemaHub.Api.OpenApi;

/// <summary>The OpenAPI 3.1 document at <c>/openapi/v1.json</c> and its page at <c>/docs</c>.</summary>
internal static class ServiceDescription
{
    internal const string BearerScheme = "ApiKey";
    internal const string CookieScheme = "Session";
    private const string PagePath = "/docs";

    public static void AddServiceDescription(this IServiceCollection services, ApiOptions options) =>
        services.AddOpenApi(
            "v1",
            openApi =>
            {
                openApi.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
                openApi.AddDocumentTransformer(
                    async (document, context, cancellation) =>
                    {
                        Describe(document, options);
                        Tags.Describe(document);
                        await ProblemResponses.Add(document, context, cancellation);
                    }
                );
                openApi.AddOperationTransformer(OperationDescription.Describe);
                openApi.AddSchemaTransformer(SchemaDescription.Describe);
            }
        );

    public static void MapServiceDescription(this IEndpointRouteBuilder routes) =>
        routes.MapOpenApi("/openapi/{documentName}.json").AllowAnonymous();

    /// <summary>The page itself is public, like the document; what it tries out needs a key.</summary>
    public static void UseServiceDescriptionPage(this IApplicationBuilder app)
    {
        app.UseWhen(
            context => context.Request.Path.StartsWithSegments(PagePath, StringComparison.Ordinal),
            page =>
                page.Use(
                    (context, next) =>
                    {
                        context.Response.Headers.ContentSecurityPolicy =
                            "default-src 'self'; img-src 'self' data:; "
                            + "style-src 'self' 'unsafe-inline'; frame-ancestors 'none'";
                        return next(context);
                    }
                )
        );
        app.UseSwaggerUI(page =>
        {
            page.RoutePrefix = PagePath[1..];
            page.DocumentTitle = "SchemaHub";
            page.SwaggerEndpoint("/openapi/v1.json", "SchemaHub v1");
        });
    }

    private static void Describe(OpenApiDocument document, ApiOptions options)
    {
        document.Info.Title = "SchemaHub";
        document.Info.Version = "v1";
        document.Info.Description =
            "Mailing lists whose every consent can be proven. Every refusal is a problem (RFC 9457) with a stable "
            + "`code`. Lists are paged: give a page's `next` as `after` for the next one.";
        document.Info.License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" };
        document.Servers = [new OpenApiServer { Url = options.PublicUrl?.ToString() ?? "/" }];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
        {
            [BearerScheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description =
                    "An API key of your organization, `Authorization: Bearer sk_live_…`, or a person's access token, "
                    + "`at_…`.",
            },
            [CookieScheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Cookie,
                Name = SessionCookie.SecureName,
                Description =
                    "A person's session in a browser. What changes something also needs the header `X-CSRF-Token`. "
                    + $"Where the service is reached without TLS the cookie is named `{SessionCookie.PlainName}`.",
            },
        };
    }
}
