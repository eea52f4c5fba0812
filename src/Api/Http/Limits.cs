using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using SchemaHub.Infrastructure.Identity;

namespace SchemaHub.Api.Http;

/// <summary>How many requests one caller may make.</summary>
internal static class Limits
{
    /// <summary>The policy of pages that anybody may post to, by client address.</summary>
    public const string PublicForms = "public-forms";

    private const int NetworkBytes = 8;

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

    /// <summary>An IPv4 address, or the network of an IPv6 one: whoever has one address of it has them all.</summary>
    private static string NetworkOf(HttpContext context)
    {
        var address = Caller.AddressOf(context.Connection.RemoteIpAddress);
        if (address is null || address.AddressFamily == AddressFamily.InterNetwork)
            return address?.ToString() ?? "";

        var bytes = address.GetAddressBytes();
        Array.Clear(bytes, NetworkBytes, bytes.Length - NetworkBytes);
        return new IPAddress(bytes).ToString();
    }
}
