using SchemaHub.Api.Security;

namespace SchemaHub.Api.Http;

/// <summary>The Content-Security-Policy of an endpoint that needs more than the strictest one.</summary>
internal sealed record ContentSecurityPolicyMetadata(string Policy);

/// <summary>Headers that keep browsers from doing what nobody asked for. A page that needs more sets its own.</summary>
internal static class SecurityHeaders
{
    public static void UseSecurityHeaders(this IApplicationBuilder app) =>
        app.Use(
            static (context, next) =>
            {
                context.Response.OnStarting(Add, context);
                return next(context);
            }
        );

    private static Task Add(object state)
    {
        var context = (HttpContext)state;
        var headers = context.Response.Headers;
        headers.TryAdd("X-Content-Type-Options", "nosniff");
        headers.TryAdd("Referrer-Policy", "no-referrer");
        headers.TryAdd(
            "Content-Security-Policy",
            context.GetEndpoint()?.Metadata.GetMetadata<ContentSecurityPolicyMetadata>()?.Policy
                ?? "default-src 'none'; frame-ancestors 'none'"
        );
        headers.TryAdd("Cache-Control", "no-store");
        if (PublicOrigin.Of(context).IsHttps)
            headers.TryAdd("Strict-Transport-Security", "max-age=31536000");

        return Task.CompletedTask;
    }
}
