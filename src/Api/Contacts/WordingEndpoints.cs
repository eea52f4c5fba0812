using MediatR;
using SchemaHub.Application;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Api.Contacts;

/// <summary>The exact texts that people are shown when they are asked.</summary>
internal static class WordingEndpoints
{
    public static void MapWordings(this IEndpointRouteBuilder api)
    {
        var wordings = api.MapGroup("/wordings").WithTags("Wordings");
        wordings
            .MapPost("", Publish)
            .WithSummary("Publish a wording")
            .WithDescription("Its SHA-256 is its name from then on. The same text again is the same wording.")
            .Produces<WordingName>(StatusCodes.Status201Created);
        wordings.MapGet("/{sha256}", Get).WithSummary("Get a wording");
    }

    private static async Task<IResult> Publish(NewWording body, IMediator mediator, CancellationToken cancellation)
    {
        var command = new PublishWording(body.Language!, body.Text!);
        await mediator.Send(command, cancellation);
        return Results.Created($"/api/v1/wordings/{command.Sha256}", new WordingName(command.Sha256));
    }

    private static async Task<WordingText> Get(string sha256, IMediator mediator, CancellationToken cancellation) =>
        await mediator.Send(new GetWording(sha256), cancellation) ?? throw new NotFoundException("wording");
}

/// <summary>A text to be published.</summary>
/// <param name="Language">BCP 47, such as <c>en</c> or <c>pt-BR</c>.</param>
internal sealed record NewWording(string? Language, string? Text);

/// <summary>What consents name the wording by.</summary>
/// <param name="Sha256">Of the text in UTF-8, lower-case hex.</param>
internal sealed record WordingName(string Sha256);
