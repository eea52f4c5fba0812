using Microsoft.AspNetCore.Mvc;
using SchemaHub.Api.Security;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Api.Pages;

/// <summary>
/// The pages that people see without an account. What changes something is a POST: mail scanners and previews follow
/// links by GET and HEAD. No antiforgery tokens: there is no cookie or session that another site could borrow. Who may
/// do what is in the address (a token from a person's own mail), and a sign-up form is meant to be posted from
/// other sites.
/// </summary>
public static class PageEndpoints
{
    /// <summary>The name of the rate limiter policy that sign-ups are under.</summary>
    public const string RateLimit = "public-forms";

    internal static readonly string[] GetOrHead = ["GET", "HEAD"];

    private const int MostBytes = 16 * 1024;

    /// <summary>
    /// Adds what the pages need beside the application and its mail. The public URL is where people reach the service,
    /// such as <c>https://lists.example.org</c>.
    /// </summary>
    public static IServiceCollection AddPages(this IServiceCollection services, Uri publicUrl) =>
        services.AddSingleton<IPublicLinks>(new PageLinks(publicUrl)).AddSingleton(new PublicOrigin(publicUrl));

    /// <summary>Adds the pages. The host has a rate limiter with a policy named <see cref="RateLimit"/>.</summary>
    public static IEndpointRouteBuilder MapPages(this IEndpointRouteBuilder routes)
    {
        var pages = routes
            .MapGroup("")
            .AddEndpointFilter<RouteGroupBuilder, PageFilter>()
            .WithMetadata(new RequestSizeLimitAttribute(MostBytes))
            .AllowAnonymous()
            .ExcludeFromDescription();
        pages.MapSignUp();
        pages.MapPerson();
        pages.MapInvitation();
        pages.MapAccounts();
        return routes;
    }
}
