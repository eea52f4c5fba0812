using System.Net;
using SchemaHub.Api.Security;
using SchemaHub.Application;
using SchemaHub.Application.Access;
using SchemaHub.Infrastructure.Identity;

namespace SchemaHub.Api.Http;

/// <summary>Tells all behind it who asks, for which organization, from where, under which idempotency key.</summary>
internal sealed class Caller(RequestDelegate next)
{
    private const int MostUserAgentCharacters = 1_024;
    private const int MostKeyCharacters = 255;

    public Task InvokeAsync(HttpContext http, CommandContext context)
    {
        (context.Actor, context.Access) = ("public", Access.Nothing);
        if (http.Features.Get<KnownCaller>() is { } known)
            Describe(context, known);
        else if (http.User.HasClaim(claim => claim.Type == OperatorToken.Claim))
            (context.Actor, context.Access) = ("operator", Access.Operator);

        context.Ip = AddressOf(http.Connection.RemoteIpAddress);
        context.UserAgent = Cut(http.Request.Headers.UserAgent.ToString());
        context.IdempotencyKey = IdempotencyKey(http.Request);
        return next(http);
    }

    private static void Describe(CommandContext context, KnownCaller known)
    {
        (context.Actor, context.Tenant, context.Access) = (known.Actor, known.Tenant, known.Access);
        // A key acts for its organization: it is not the person whose key it is.
        if (known.Key is null)
            (context.UserId, context.SessionId) = (known.User, known.Session);
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
