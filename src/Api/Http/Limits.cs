using System.Globalization;
using System.Threading.RateLimiting;
using SchemaHub.Infrastructure.Access;
using SchemaHub.Infrastructure.Identity;

namespace SchemaHub.Api.Http;

/// <summary>How many requests one caller may make.</summary>
internal static class Limits
{
    /// <summary>The policy of pages that anybody may post to, by client address.</summary>
    public const string PublicForms = "public-forms";

    public static void AddLimits(this IServiceCollection services, ApiOptions options) =>
        services.AddRateLimiter(limiter =>
        {
            limiter.OnRejected = async (rejected, _) =>
            {
                var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after)
                    ? Math.Ceiling(after.TotalSeconds)
                    : 1;
                rejected.HttpContext.Response.Headers.RetryAfter = wait.ToString(CultureInfo.InvariantCulture);
                await Problems.Write(
                    rejected.HttpContext,
                    Problems.RateExceeded,
                    "Wait as long as Retry-After says, and repeat the request."
                );
            };
            limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context =>
                RateLimitPartition.GetTokenBucketLimiter(
                    context.Features.Get<KnownCaller>()?.Limited ?? NetworkOf(context),
                    _ => new TokenBucketRateLimiterOptions
                    {
                        TokenLimit = options.RequestsPerSecond * 2,
                        TokensPerPeriod = options.RequestsPerSecond,
                        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                    }
                )
            );
            limiter.AddPolicy(
                PublicForms,
                context =>
                    RateLimitPartition.GetFixedWindowLimiter(
                        NetworkOf(context),
                        _ => new FixedWindowRateLimiterOptions
                        {
                            PermitLimit = options.FormsPerMinute,
                            Window = TimeSpan.FromMinutes(1),
                        }
                    )
            );
        });

    private static string NetworkOf(HttpContext context) =>
        ClientNetwork.Of(Caller.AddressOf(context.Connection.RemoteIpAddress));
}
