using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SchemaHub.Api.Campaigns;
using SchemaHub.Api.Compliance;
using SchemaHub.Api.Contacts;
using SchemaHub.Api.Health;
using SchemaHub.Api.Http;
using SchemaHub.Api.Identity;
using SchemaHub.Api.Jobs;
using SchemaHub.Api.OpenApi;
using SchemaHub.Api.Pages;
using SchemaHub.Api.Podcasts;
using SchemaHub.Api.Records;
using SchemaHub.Api.Schema;
using SchemaHub.Api.Security;
using SchemaHub.Application;
using SchemaHub.Infrastructure;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.Identity;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Infrastructure.Podcasts;
using SchemaHub.Infrastructure.Seals;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Api;

/// <summary>The service with its HTTP, on one installation.</summary>
public static class ApiHost
{
    private const string Podcast = "podcast";

    /// <summary>Builds the service; the caller runs and disposes it, and disposes the installation after it.</summary>
    /// <param name="customize">Adds or replaces registrations, such as the clock or further readiness checks.</param>
    public static WebApplication Create(
        Installation installation,
        ApiOptions options,
        Action<WebApplicationBuilder>? customize = null
    )
    {
        var builder = WebApplication.CreateBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory }
        );
        // This setting of the host would believe everybody's X-Forwarded-For.
        builder.Configuration["FORWARDEDHEADERS_ENABLED"] = "false";
        builder.WebHost.UseUrls(options.Urls);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaxBodyBytes;
        });
        // The framework logs every request's whole URL, and an address may stand in a query.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);

        builder.Services.AddApplication();
        builder.Services.AddInfrastructure(installation);
        builder.Services.AddSingleton(options);
        builder.Services.AddSeals(installation, options.Witnesses);
        builder.Services.AddMail(options.Mail);
        builder.Services.AddSingleton(options.Mjml);
        builder.Services.AddPages(options.PublicUrl ?? new Uri(options.Urls.Split(';')[0]));
        builder.Services.AddMailWebhooks(options.Webhooks);
        builder.Services.AddSingleton(options.Google);
        builder.Services.AddHostedService<AccountWork>();
        builder.Services.AddHostedService<VisitWriter>();
        builder.Services.AddHostedService<Followers>();
        builder.Services.AddSingleton(options.AccessLog);
        builder.Services.AddHostedService<SecurityWriters>();
        builder.Services.AddSingleton(options.Sending);
        builder.Services.AddHostedService<Sending>();
        builder.Services.AddSingleton(options.Telemetry);
        builder.Services.AddSingleton(options.Jobs);
        builder.Services.AddSingleton(options.Retention);
        builder.Services.AddJobRunner();
        if (installation.Schemas.Contains(Podcast))
            AddSeries(builder.Services, options);

        AddHttp(builder.Services, options);
        customize?.Invoke(builder);
        builder.AddTelemetryExport();

        var app = builder.Build();
        UseHttp(app, options);
        MapEndpoints(app);
        return app;
    }

    private static void AddSeries(IServiceCollection services, ApiOptions options)
    {
        if (!options.CountUsage)
            return;

        services.AddSingleton<ApiUsage>();
        services.AddHostedService<UsageWriter>();
    }

    private static void AddHttp(IServiceCollection services, ApiOptions options)
    {
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(json => StrictJson.Configure(json.SerializerOptions));
        services.AddExceptionHandler<ProblemsOfExceptions>();
        services
            .AddAuthentication(CallerAuthentication.Scheme)
            .AddScheme<AuthenticationSchemeOptions, CallerAuthentication>(
                CallerAuthentication.Scheme,
                configureOptions: null
            );
        services.TryAddSingleton<AccessTokens>();
        services.TryAddSingleton<CsrfTokens>();
        services.AddSingleton(options.Api);
        services.AddHostedService<AccessListening>();
        services.AddSingleton(options.Readers.Checked());
        services.AddHostedService<ReaderWatching>();
        services.AddSingleton(new OperatorToken(options.OperatorTokenSha256));
        services
            .AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build())
            .AddPolicy(
                OperatorToken.OrganizationsOnly,
                policy => policy.RequireAuthenticatedUser().RequireClaim(KnownCaller.TenantClaim)
            );
        services.AddRequestTimeouts(timeouts =>
            timeouts.DefaultPolicy = new RequestTimeoutPolicy
            {
                Timeout = TimeSpan.FromSeconds(options.RequestTimeoutSeconds),
            }
        );
        services.AddLimits(options);
        services.AddJobDashboard();
        services.AddServiceHealth();
        services.AddServiceDescription(options);
        if (options.TrustedProxies.Count > 0)
            services.Configure<ForwardedHeadersOptions>(forwarded => Trust(forwarded, options.TrustedProxies));
    }

    private static void UseHttp(WebApplication app, ApiOptions options)
    {
        // With no proxy to trust the middleware would believe everybody.
        if (options.TrustedProxies.Count > 0)
            app.UseForwardedHeaders();

        if (app.Services.GetService<ApiUsage>() is not null)
            app.UseMiddleware<UsageCounting>();

        app.UseSecurityHeaders();
        app.UseExceptionHandler(_ => { });
        app.UseStatusCodePages(context => Problems.WriteStatus(context.HttpContext));
        app.UseServiceDescriptionPage();
        app.UseRouting();
        app.UseRequestTimeouts();
        app.UseAuthentication();
        app.UseRateLimiter();
        app.UseAuthorization();
        app.UseMiddleware<Caller>();
        app.UseStrictJson();
    }

    private static void MapEndpoints(WebApplication app)
    {
        app.MapServiceHealth();
        app.MapServiceDescription();
        app.MapProblems();
        var open = app.MapGroup("/api/v1");
        open.MapSigningIn();
        open.MapGoogle();
        var known = app.MapGroup("/api/v1").RequireAuthorization();
        known.MapJobs();
        known.MapMe();
        known.MapMyOrganizations();
        known.MapAcceptances();
        known.MapOwnPrivacyRequests();
        // The operator's token opens nothing of an organization's.
        var api = app.MapGroup("/api/v1").RequireAuthorization(OperatorToken.OrganizationsOnly);
        api.MapContacts();
        api.MapContactChanges();
        api.MapWordings();
        api.MapConsent();
        api.MapAudit();
        api.MapPrivacyRequests();
        api.MapImports();
        api.MapForms();
        api.MapCampaigns();
        api.MapSender();
        if (app.Services.GetRequiredService<Installation>().Schemas.Contains(Podcast))
        {
            api.MapTelemetry();
            api.MapListening();
        }

        api.MapOrganization();
        api.MapMembers();
        api.MapInvitations();
        api.MapRoles();
        api.MapApiKeys();
        api.MapTemplates();
        api.MapRecords(app.Services.GetRequiredService<Installation>().Schemas);
        api.MapSchema();
        app.MapJobDashboard();
        app.MapPages();
        app.MapTracking();
        app.MapMailWebhooks();
    }

    private static void Trust(ForwardedHeadersOptions forwarded, IReadOnlyList<string> proxies)
    {
        // Not the scheme: what depends on it follows PublicUrl.
        forwarded.ForwardedHeaders = ForwardedHeaders.XForwardedFor;
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        // As many hops as there are trusted proxies in a row; the first address that is none of them is the caller.
        forwarded.ForwardLimit = null;
        foreach (var proxy in proxies)
        {
            if (proxy.Contains('/', StringComparison.Ordinal))
                forwarded.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(proxy));
            else
                forwarded.KnownProxies.Add(IPAddress.Parse(proxy));
        }
    }
}
