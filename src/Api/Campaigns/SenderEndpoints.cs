using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using SchemaHub.Api.Http;
using SchemaHub.Application;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Api.Campaigns;

/// <summary>In whose name the organization's mail goes out, and the domains it writes from.</summary>
internal static class SenderEndpoints
{
    private const string Domains = "/api/v1/sender/domains";

    public static void MapSender(this IEndpointRouteBuilder api)
    {
        var sender = api.MapGroup("/sender").WithTags("Sender");
        sender.MapGet("", Get).WithSummary("Get the sender").WithDescription("Its ETag is its version.");
        sender
            .MapPut("", Describe)
            .WithSummary("Say in whose name mail goes out")
            .WithDescription("The address is of a verified domain, or of one below it.");
        sender
            .MapGet("/domains", ListDomains)
            .WithSummary("List the domains that mail is written from")
            .WithDescription("Each with the record to publish in its DNS.")
            .InOrderAtOnce("by name", "never more than 50");
        sender
            .MapPost("/domains", AddDomain)
            .WithSummary("Add a domain")
            .WithDescription("The answer has the record to publish in its DNS. Added again, its key stays.")
            .Produces<PublishedDomain>(StatusCodes.Status201Created);
        sender
            .MapPost("/domains/{domain}/verification", Verify)
            .WithSummary("Look whether a domain's key is published")
            .WithDescription("Once it is, mail may be written from the domain.");
        sender
            .MapDelete("/domains/{domain}", RemoveDomain)
            .WithSummary("Write from a domain no more")
            .WithDescription("Its key is of no use after.");
    }

    private static async Task<PublishedSender> Get(
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        var sender = await mediator.Send(new GetSender(), cancellation);
        response.SetVersion(sender.Version);
        return sender;
    }

    private static async Task<NoContent> Describe(
        NewSender body,
        [FromHeader(Name = "If-Match")] string? ifMatch,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        var position = await mediator.Send(
            new DescribeSender(
                body.FromName!,
                body.FromAddress!,
                body.ReplyTo,
                body.PostalAddress!,
                EntityTags.RequireVersion(ifMatch)
            ),
            cancellation
        );
        response.SetVersion(position.Version);
        return TypedResults.NoContent();
    }

    private static async Task<DomainList> ListDomains(IMediator mediator, CancellationToken cancellation) =>
        new((await mediator.Send(new GetSender(), cancellation)).Domains);

    private static async Task<IResult> AddDomain(NewDomain body, IMediator mediator, CancellationToken cancellation)
    {
        await mediator.Send(new AddSenderDomain(body.Domain!), cancellation);
        return Results.Created(Domains, await Domain(mediator, body.Domain!, cancellation));
    }

    private static async Task<PublishedDomain> Verify(string domain, IMediator mediator, CancellationToken cancellation)
    {
        await mediator.Send(new VerifySenderDomain(domain), cancellation);
        return await Domain(mediator, domain, cancellation);
    }

    private static async Task<NoContent> RemoveDomain(string domain, IMediator mediator, CancellationToken cancellation)
    {
        await mediator.Send(new RemoveSenderDomain(domain), cancellation);
        return TypedResults.NoContent();
    }

    private static Task<PublishedDomain> Domain(IMediator mediator, string domain, CancellationToken cancellation) =>
        mediator.Send(new GetSenderDomain(domain), cancellation);
}

/// <summary>In whose name mail is to go out.</summary>
/// <param name="ReplyTo">Where answers go; to the sender's address where left out.</param>
/// <param name="PostalAddress">Of the organization, in one line, as every mail must carry it.</param>
internal sealed record NewSender(string? FromName, string? FromAddress, string? PostalAddress, string? ReplyTo = null);

/// <summary>A domain to write from.</summary>
internal sealed record NewDomain(string? Domain);

/// <summary>Every domain that mail is written from.</summary>
internal sealed record DomainList(IReadOnlyList<PublishedDomain> Items);
