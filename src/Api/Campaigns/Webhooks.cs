using Microsoft.AspNetCore.Mvc;
using SchemaHub.Api.Http;
using SchemaHub.Application;
using SchemaHub.Application.Campaigns;
using SchemaHub.Domain;

namespace SchemaHub.Api.Campaigns;

/// <summary>Settings of providers' webhooks, <c>SchemaHub:Webhooks</c>; each is off without its secret.</summary>
public sealed record WebhookOptions
{
    /// <summary>Resend's signing secret, <c>whsec_…</c>; during a rotation both, separated by a space.</summary>
    public string? ResendSecret { get; init; }
}

/// <summary>How one provider tells what became of mails. Everything else is the same for all of them.</summary>
internal interface IMailWebhook
{
    /// <summary>The last part of its address, <c>/webhooks/…</c>.</summary>
    string Name { get; }

    /// <summary>Its secret is known.</summary>
    bool IsOn { get; }

    /// <summary>What a request tells; nothing where it is about something else.</summary>
    /// <exception cref="RuleBrokenException"><c>webhook.signature_wrong</c>, <c>webhook.too_old</c>.</exception>
    /// <exception cref="MalformedRequestException">It is signed, and cannot be read.</exception>
    IReadOnlyList<DeliveryNotice> Read(IHeaderDictionary headers, ReadOnlyMemory<byte> body);
}

/// <summary>What a provider tells of one mail.</summary>
/// <param name="Reference">The token that went out with the mail, <see cref="TokenUse.Reference"/>.</param>
/// <param name="EventId">As in <see cref="RecordDelivery"/>.</param>
internal sealed record DeliveryNotice(
    string Reference,
    Delivery Delivery,
    string EventId,
    DateTimeOffset At,
    string? Status,
    string? Diagnostic
);

/// <summary>Where providers tell what became of mails. Nobody is believed without the provider's signature.</summary>
internal static class WebhookEndpoints
{
    private const int MostBytes = 256 * 1024;

    public static void AddMailWebhooks(this IServiceCollection services, WebhookOptions options) =>
        services.AddSingleton<IMailWebhook>(provider => new ResendWebhook(
            options.ResendSecret,
            provider.GetRequiredService<TimeProvider>()
        ));

    public static void MapMailWebhooks(this IEndpointRouteBuilder routes)
    {
        foreach (var webhook in routes.ServiceProvider.GetServices<IMailWebhook>())
        {
            routes
                .MapPost($"/webhooks/{webhook.Name}", context => Take(webhook, context))
                .WithMetadata(new RequestSizeLimitAttribute(MostBytes))
                .AllowAnonymous()
                .ExcludeFromDescription();
        }
    }

    private static async Task Take(IMailWebhook webhook, HttpContext http)
    {
        if (!webhook.IsOn)
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        var tokens = http.RequestServices.GetRequiredService<IMailTokens>();
        var isTooEarly = false;
        // What a provider signed is taken as the service's own knowledge.
        await using var service = http
            .RequestServices.GetRequiredService<RunAs>()
            .System(Tenant.System, SystemActors.System);
        foreach (var notice in webhook.Read(http.Request.Headers, body.GetBuffer().AsMemory(0, (int)body.Length)))
        {
            // Signed by the provider, and yet a mail is changed only by its own token: the provider's account may
            // serve others, too.
            if (tokens.Read(TokenUse.Reference, notice.Reference) is not { } mail)
                continue;

            var recorded = await service.Send(
                new RecordDelivery(
                    mail,
                    notice.Delivery,
                    $"{webhook.Name}:{notice.EventId}",
                    notice.At,
                    notice.Status,
                    notice.Diagnostic
                ),
                http.RequestAborted
            );
            isTooEarly |= recorded == DeliveryRecorded.TooEarly;
        }

        if (!isTooEarly)
            return;

        // The provider was faster than our own ledger, and will tell it again.
        http.Response.Headers.RetryAfter = "5";
        await Problems.Write(http, Problems.Unavailable, "It is not written down yet that this mail left.");
    }
}
