using MediatR;
using Microsoft.AspNetCore.Mvc;
using SchemaHub.Api.Http;
using SchemaHub.Application;
using SchemaHub.Application.Compliance;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Api.Contacts;

/// <summary>What can happen to a contact: consent, withdrawal, suppression, erasure.</summary>
internal static class ContactChangeEndpoints
{
    public static void MapContactChanges(this IEndpointRouteBuilder api)
    {
        var contact = api.MapGroup("/contacts/{id:long}").WithTags("Consent");
        contact
            .MapPost("/consents", Consent)
            .WithSummary("Record a consent")
            .WithDescription("It cannot raise what the person withdrew: only their own confirmed opt-in does.");
        contact
            .MapPost("/withdrawals", Withdraw)
            .WithSummary("Withdraw consent")
            .WithDescription("For one purpose, or for all where none is named. Always works, any number of times.");
        contact
            .MapPost("/suppressions", Suppress)
            .WithSummary("Suppress an address")
            .WithDescription(
                "After a complaint, a hard bounce, or by hand: it is not written to, whatever it agreed to."
            );
        contact
            .MapPost("/erasures", Erase)
            .WithSummary("Erase a person")
            .WithDescription("Their data becomes unreadable for ever; what they agreed to stays, without a name.");
    }

    private static Task<Changed> Consent(
        long id,
        ConsentInput body,
        [FromHeader(Name = "If-Match")] string? ifMatch,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    ) =>
        Send(mediator, response, new GiveConsent(id, body, ExpectedVersion: EntityTags.Version(ifMatch)), cancellation);

    private static Task<Changed> Withdraw(
        long id,
        Withdrawal body,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    ) =>
        Send(
            mediator,
            response,
            new WithdrawConsent(id, body.Purpose, Reason: body.Reason, Claims: body.Claims),
            cancellation
        );

    private static Task<Changed> Suppress(
        long id,
        Suppression body,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    ) => Send(mediator, response, new SuppressContact(id, body.Reason!), cancellation);

    private static Task<Changed> Erase(
        long id,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    ) => Send(mediator, response, new EraseContact(id), cancellation);

    private static async Task<Changed> Send(
        IMediator mediator,
        HttpResponse response,
        ICommand command,
        CancellationToken cancellation
    )
    {
        var position = await mediator.Send(command, cancellation);
        response.SetVersion(position.Version);
        return Changed.Of(position);
    }
}

/// <summary>A withdrawal.</summary>
/// <param name="Purpose">Every purpose where none is named.</param>
/// <param name="Reason">A code of your own, such as <c>too_many_mails</c>.</param>
/// <param name="Claims">What else is known of it; at most 20 entries of 500 characters.</param>
internal sealed record Withdrawal(string? Purpose, string? Reason, IReadOnlyDictionary<string, string>? Claims);

/// <summary>A suppression.</summary>
/// <param name="Reason"><c>complaint</c>, <c>hard_bounce</c> or <c>manual</c>.</param>
internal sealed record Suppression(string? Reason);
