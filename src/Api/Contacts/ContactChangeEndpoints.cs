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
            .MapPost("/restrictions", Restrict)
            .WithSummary("Restrict the use of a contact's data")
            .WithDescription(
                "GDPR Art. 18: it is kept, and nothing is sent, whatever was agreed to. The ground is "
                    + "`accuracy_contested`, `unlawful`, `legal_claims` or `objection_pending`."
            );
        contact
            .MapDelete("/restrictions", Lift)
            .WithSummary("Lift a restriction")
            .WithDescription("Consents count again as they were. Tell the person before (GDPR Art. 18(3)).");
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
        mediator.Change(
            new GiveConsent(id, body, ExpectedVersion: EntityTags.Version(ifMatch)),
            response,
            cancellation
        );

    private static Task<Changed> Withdraw(
        long id,
        Withdrawal body,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    ) =>
        mediator.Change(
            new WithdrawConsent(id, body.Purpose, Reason: body.Reason, Claims: body.Claims),
            response,
            cancellation
        );

    private static Task<Changed> Suppress(
        long id,
        Suppression body,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    ) => mediator.Change(new SuppressContact(id, body.Reason!), response, cancellation);

    private static Task<Changed> Restrict(
        long id,
        Restriction body,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    ) => mediator.Change(new RestrictContact(id, body.Ground!), response, cancellation);

    private static Task<Changed> Lift(
        long id,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    ) => mediator.Change(new LiftRestriction(id), response, cancellation);

    private static Task<Changed> Erase(
        long id,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    ) => mediator.Change(new EraseContact(id), response, cancellation);
}

/// <summary>A withdrawal.</summary>
/// <param name="Purpose">Every purpose where none is named.</param>
/// <param name="Reason">A code of your own, such as <c>too_many_mails</c>.</param>
/// <param name="Claims">What else is known of it; at most 20 entries of 500 characters.</param>
internal sealed record Withdrawal(string? Purpose, string? Reason, IReadOnlyDictionary<string, string>? Claims);

/// <summary>A suppression.</summary>
/// <param name="Reason"><c>complaint</c>, <c>hard_bounce</c> or <c>manual</c>.</param>
internal sealed record Suppression(string? Reason);

/// <summary>A restriction.</summary>
/// <param name="Ground">
/// <c>accuracy_contested</c>, <c>unlawful</c>, <c>legal_claims</c> or <c>objection_pending</c>.
/// </param>
internal sealed record Restriction(string? Ground);
