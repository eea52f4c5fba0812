using Hangfire;
using Hangfire.Dashboard;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authorization;
using SchemaHub.Api.Http;
using SchemaHub.Api.Security;
using SchemaHub.Infrastructure.Identity;

namespace SchemaHub.Api.Jobs;

/// <summary>
/// Hangfire's dashboard, for operators who are signed in in a browser: a superadmin acts, and who holds the system's
/// role viewer looks.
/// </summary>
internal static class JobDashboard
{
    public const string Path = "/console/jobs";

    private const string Policy = "operators";

    // Hangfire sets widths of bars in the page, and brings its pictures as data; its scripts are files.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        + "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private const int StatsMilliseconds = 5_000;

    public static void AddJobDashboard(this IServiceCollection services)
    {
        services.AddSingleton<IAntiforgery, SessionAntiforgery>();
        // Hangfire's own registration would set the log and the filters of the whole process.
        services.AddSingleton<IGlobalConfiguration>(GlobalConfiguration.Configuration);
        services.AddSingleton(DashboardRoutes.Routes);
        services.AddAuthorizationBuilder().AddPolicy(Policy, policy => policy.RequireAssertion(MayCome));
    }

    public static void MapJobDashboard(this WebApplication app)
    {
        // Hangfire fails at a body that is no form.
        app.UseWhen(
            context =>
                context.Request.Path.StartsWithSegments(Path, StringComparison.Ordinal)
                && !CallerAuthentication.ChangesNothing(context.Request)
                && !context.Request.HasFormContentType,
            forms =>
                forms.Run(context =>
                    Problems.Write(context, Problems.Malformed, "The dashboard takes forms as its own pages send them.")
                )
        );
        app.MapGet("/jobs", () => TypedResults.Redirect(Path)).RequireAuthorization(Policy).ExcludeFromDescription();
        app.MapHangfireDashboard(
                Path,
                new DashboardOptions
                {
                    // The endpoint's policy decides.
                    Authorization = [],
                    AsyncAuthorization = [],
                    IsReadOnlyFunc = context => RightsOf(context.GetHttpContext()) != OperatorRights.Act,
                    DashboardTitle = "SchemaHub jobs",
                    AppPath = null,
                    DisplayStorageConnectionString = false,
                    StatsPollingInterval = StatsMilliseconds,
                },
                app.Services.GetRequiredService<JobStorage>()
            )
            .RequireAuthorization(Policy)
            .WithMetadata(new ContentSecurityPolicyMetadata(ContentSecurityPolicy));
    }

    /// <summary>Only with a session's cookie, not with a token; to change something, only who may act.</summary>
    private static bool MayCome(AuthorizationHandlerContext context)
    {
        if (context.Resource is not HttpContext http || http.Request.Headers.Authorization.Count > 0)
            return false;

        var rights = RightsOf(http);
        return rights == OperatorRights.Act || (rights == OperatorRights.Look && IsReading(http.Request));
    }

    private static OperatorRights RightsOf(HttpContext http) =>
        http.Features.Get<KnownCaller>()?.Operator ?? OperatorRights.None;

    // The dashboard asks for its figures by POST.
    private static bool IsReading(HttpRequest request) =>
        HttpMethods.IsGet(request.Method)
        || HttpMethods.IsHead(request.Method)
        || request.Path.StartsWithSegments($"{Path}/stats", StringComparison.Ordinal);
}
