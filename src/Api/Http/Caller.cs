using System.Net;
using SchemaHub.Api.Security;
using SchemaHub.Application;
using SchemaHub.Infrastructure.Identity;

namespace SchemaHub.Api.Http;

/// <summary>Tells all behind it who asks, for which organization, from where, under which idempotency key.</summary>
internal sealed class Caller(RequestDelegate next)
{
    private const int MostUserAgentCharacters = 1_024;
    private const int MostKeyCharacters = 255;

    public Task InvokeAsync(HttpContext http, ScopeCaller caller)
    {
        caller.Set(
            Who(http) with
            {
                Ip = AddressOf(http.Connection.RemoteIpAddress),
                UserAgent = Cut(http.Request.Headers.UserAgent.ToString()),
                IdempotencyKey = IdempotencyKey(http.Request),
            }
        );
        return next(http);
    }

    private static CommandContext Who(HttpContext http)
    {
        if (http.Features.Get<KnownCaller>() is not { } known)
            return http.User.HasClaim(claim => claim.Type == OperatorToken.Claim)
                ? RunAs.OperatorContext(Tenant.System)
                : new CommandContext { Actor = Actors.Public };

        var context = new CommandContext
        {
            Tenant = known.Tenant,
            Actor = known.Actor,
            Access = known.Access,
        };
        // A key acts for its organization: it is not the person whose key it is.
        return known.Key is null ? context with { UserId = known.User, SessionId = known.Session } : context;
    }

    /// <summary>IPv4 as IPv4, also where it came through an IPv6 socket; without a local network's scope.</summary>
    public static IPAddress? AddressOf(IPAddress? remote) =>
        remote switch
        {
            null => null,
            { IsIPv4MappedToIPv6: true } => remote.MapToIPv4(),
            _ => new IPAddress(remote.GetAddressBytes()),
        };

    private static string? Cut(string userAgent)
    {
        if (userAgent.Length <= MostUserAgentCharacters)
            return userAgent.Length == 0 ? null : userAgent;

        // Half a surrogate pair is no text.
        var most = char.IsHighSurrogate(userAgent[MostUserAgentCharacters - 1])
            ? MostUserAgentCharacters - 1
            : MostUserAgentCharacters;
        return userAgent[..most];
    }

    private static string? IdempotencyKey(HttpRequest request)
    {
        var given = request.Headers["Idempotency-Key"];
        if (given.Count == 0 || HttpMethods.IsGet(request.Method))
            return null;

        return given is [{ Length: >= 1 and <= MostKeyCharacters } key] && key.All(c => c is > ' ' and <= '~')
            ? key
            : throw new MalformedRequestException(
                "Idempotency-Key",
                $"It is given once, with 1 to {MostKeyCharacters} visible ASCII characters."
            );
    }
}
