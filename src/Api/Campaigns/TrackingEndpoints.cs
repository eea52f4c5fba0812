using Microsoft.AspNetCore.Http.Extensions;
using SchemaHub.Api.Pages;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Campaigns;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Api.Campaigns;

/// <summary>
/// The picture that tells of an opening, and the way of links through us. The token under a link vouches for its
/// target, so that nobody can lead anywhere else through this address.
/// </summary>
internal static class TrackingEndpoints
{
    /// <summary>A GIF of one transparent pixel.</summary>
    private static readonly byte[] s_picture = Convert.FromBase64String(
        "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw=="
    );

    // The first is the one of today.
    private static readonly string[] s_purposes = ["Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"];

    public static void MapTracking(this IEndpointRouteBuilder routes)
    {
        var tracking = routes
            .MapGroup("")
            .AddEndpointFilter<RouteGroupBuilder, PageFilter>()
            .AllowAnonymous()
            .ExcludeFromDescription();
        tracking.MapMethods($"{ITracking.Opened}{{token}}", PageEndpoints.GetOrHead, ShowPicture);
        tracking.MapMethods($"{ITracking.Clicked}{{token}}", PageEndpoints.GetOrHead, Follow);
    }

    /// <summary>Whatever the token: a picture that is missing would show as a broken one in the mail.</summary>
    private static async Task ShowPicture(
        string token,
        HttpContext http,
        IMailTokens tokens,
        Visits visits,
        TimeProvider clock
    )
    {
        if (tokens.Read(TokenUse.Open, token) is { } mail)
            visits.Note(VisitOf(http.Request, mail, VisitKind.Opened, link: null, clock));

        http.Response.ContentType = "image/gif";
        http.Response.ContentLength = s_picture.Length;
        if (!HttpMethods.IsHead(http.Request.Method))
            await http.Response.Body.WriteAsync(s_picture, http.RequestAborted);
    }

    private static IResult Follow(string token, HttpContext http, IMailTokens tokens, Visits visits, TimeProvider clock)
    {
        var target = http.Request.Query[ITracking.Target].ToString();
        if (tokens.Read(TokenUse.Click, token, target) is not { } mail || LocationOf(target) is not { } location)
            return Messages.NotFound();

        visits.Note(VisitOf(http.Request, mail, VisitKind.Clicked, target, clock));
        http.Response.StatusCode = StatusCodes.Status302Found;
        http.Response.Headers.Location = location;
        return Results.Empty;
    }

    /// <summary>The target as a header carries it: what is not ASCII is escaped.</summary>
    private static string? LocationOf(string target)
    {
        if (!target.AsSpan().ContainsAnyExceptInRange('!', '~'))
            return target;

        return Uri.TryCreate(target, UriKind.Absolute, out var address) ? UriHelper.Encode(address) : null;
    }

    private static Visit VisitOf(HttpRequest request, int mail, VisitKind kind, string? link, TimeProvider clock) =>
        new(
            mail,
            kind,
            link,
            clock.GetUtcNow(),
            HttpMethods.IsHead(request.Method),
            request.Headers.UserAgent.ToString().Trim(),
            IsPrefetch(request)
        );

    private static bool IsPrefetch(HttpRequest request) =>
        s_purposes.Any(name =>
            request.Headers[name].ToString() is var purpose
            && (
                purpose.Contains("prefetch", StringComparison.OrdinalIgnoreCase)
                || purpose.Contains("preview", StringComparison.OrdinalIgnoreCase)
            )
        );
}

/// <summary>Writes openings and clicks, as long as the service runs.</summary>
[AfterRestore(AfterRestore.Internal, "Writes openings and clicks of now to their table.")]
internal sealed class VisitWriter(Visits visits) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => visits.RunAsync(stoppingToken);
}
