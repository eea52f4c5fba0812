using System.Text.Json;
using MediatR;
using Microsoft.AspNetCore.Mvc;
using SchemaHub.Api.Http;
using SchemaHub.Application;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Api.Contacts;

/// <summary>The list itself: who is on it.</summary>
internal static class ContactEndpoints
{
    public static void MapContacts(this IEndpointRouteBuilder api)
    {
        var contacts = api.MapGroup("/contacts").WithTags("Contacts");
        contacts
            .MapPost("", Add)
            .WithSummary("Add a contact")
            .WithDescription("With the consent it brought, if any. An address is on a list once.")
            .Produces<Changed>(StatusCodes.Status201Created);
        contacts
            .MapGet("", List)
            .WithSummary("List the contacts")
            .WithDescription("Erased ones are not on the list any more.")
            .InOrder("in which they came");
        contacts.MapGet("/{id:long}", Get).WithSummary("Get a contact").WithDescription("Its ETag is its version.");
        contacts
            .MapPut("/{id:long}", Change)
            .WithSummary("Replace a contact's name and metadata")
            .WithDescription("If-Match names the version that is replaced. The address is its identity and stays.");
        contacts
            .MapPost("/lookups", LookUp)
            .WithSummary("Find the contact of an address")
            .WithDescription(
                "Also of an erased person, who is found in no other way. The address is in the body, "
                    + "so that no log of URLs holds it."
            );
    }

    private static async Task<IResult> Add(
        NewContact body,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        var position = await mediator.Send(
            new AddContact(body.Email!, body.Name, body.Metadata, body.Consent),
            cancellation
        );
        response.SetVersion(position.Version);
        return Results.Created($"/api/v1/contacts/{position.Number}", Changed.Of(position));
    }

    private static async Task<Paged<PublishedContact>> List(
        IMediator mediator,
        CancellationToken cancellation,
        int limit = 50,
        string? after = null,
        bool? subscribed = null,
        string? email = null
    )
    {
        // The address itself is not repeated in the token.
        var list = $"contacts subscribed={subscribed} email={email is not null}";
        var page = await mediator.Send(
            new ListContacts(limit, PageToken.Read(list, after), subscribed, email),
            cancellation
        );
        return new Paged<PublishedContact>(page.Items, PageToken.Of(list, page.Next));
    }

    private static async Task<PublishedContact> Get(
        long id,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        var found = await mediator.Send(new GetContact(id), cancellation);
        response.SetVersion(found.Version);
        return found.Contact;
    }

    private static Task<Changed> Change(
        long id,
        ContactDetails body,
        [FromHeader(Name = "If-Match")] string? ifMatch,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    ) =>
        mediator.Change(
            new ChangeContact(id, body.Name, body.Metadata, EntityTags.RequireVersion(ifMatch)),
            response,
            cancellation
        );

    private static async Task<PublishedContact> LookUp(
        ContactAddress body,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        var found = await mediator.Send(new LookUpContact(body.Email!), cancellation);
        response.SetVersion(found.Version);
        return found.Contact;
    }
}

/// <summary>A contact to be added.</summary>
/// <param name="Email">The address.</param>
/// <param name="Metadata">A JSON object of your own, at most 16 kB.</param>
internal sealed record NewContact(string? Email, string? Name, JsonElement? Metadata, ConsentInput? Consent);

/// <summary>What of a contact can be replaced. What is left out is removed.</summary>
internal sealed record ContactDetails(string? Name, JsonElement? Metadata);

/// <summary>An address to look for.</summary>
internal sealed record ContactAddress(string? Email);
