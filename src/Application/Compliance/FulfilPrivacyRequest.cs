using System.Text.Json;
using FluentValidation;
using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Identity;
using SchemaHub.Domain;
using SchemaHub.Domain.Compliance;
using SchemaHub.Domain.Contacts;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Compliance;

/// <summary>
/// Does what a request demands: makes the archive, erases, restricts, puts right, ends every consent. Interrupted, it
/// is sent again: what was done is not done twice.
/// </summary>
/// <param name="Fields">Of a rectification: what is put right; what is null stays as it is.</param>
/// <param name="Ground">Of a restriction: one of <see cref="RestrictionGrounds.All"/>.</param>
[Requires("privacy:write")]
[InSteps("An archive lies outside the log. Sent again, it goes on from the request's status.")]
public sealed record FulfilPrivacyRequest(Guid Id, RectifiedFields? Fields = null, string? Ground = null)
    : IRequest<Position>;

/// <summary>What is put right. An address stays: it is who the person is, so another one is another contact.</summary>
/// <param name="Metadata">Of a contact: replaces the whole JSON object.</param>
/// <param name="FirstName">Of an account; so are the last two.</param>
public sealed record RectifiedFields(
    string? Name = null,
    JsonElement? Metadata = null,
    string? FirstName = null,
    string? LastName = null,
    string? AvatarUrl = null
);

/// <summary>Makes archives of everything held on a person, and keeps them until they were fetched.</summary>
public interface IPrivacyArchives
{
    /// <summary>Makes the archive of a request; one that was made before is replaced.</summary>
    /// <param name="right">Access: everything. Portability: what the person provided.</param>
    /// <param name="everywhere">An account's, over all organizations: for the person, not for one of them.</param>
    Task<HandedOut> Make(
        string tenant,
        Guid request,
        PrivacyRight right,
        PrivacySubject about,
        bool everywhere,
        CancellationToken cancellation
    );

    /// <summary>The archive of a request, from its beginning; null where there is none, or none any more.</summary>
    Task<Stream?> Open(Guid request, CancellationToken cancellation);

    /// <summary>Deletes archives that were made before an instant; answers how many.</summary>
    Task<int> Purge(DateTimeOffset before, CancellationToken cancellation);
}

internal sealed class FulfilPrivacyRequestValidator : AbstractValidator<FulfilPrivacyRequest>
{
    public FulfilPrivacyRequestValidator()
    {
        RuleFor(command => command.Ground).OneOf(RestrictionGrounds.All).When(command => command.Ground is not null);
        RuleFor(command => command.Fields!.Name).PlainText(255).When(command => command.Fields is not null);
        RuleFor(command => command.Fields!.Metadata).Metadata().When(command => command.Fields is not null);
    }
}

internal sealed class FulfilPrivacyRequestHandler(
    IEventLog log,
    IMediator mediator,
    IPrivacyArchives archives,
    IPrivacyDeadlines requests,
    PrivilegeGuard guard,
    CommandContext context
) : IRequestHandler<FulfilPrivacyRequest, Position>
{
    public async Task<Position> Handle(FulfilPrivacyRequest command, CancellationToken cancellation)
    {
        var request = await log.Load<PrivacyRequest, PrivacyRequestEvent>(command.Id, cancellation);
        if (request.State.Opened is not { } opened)
            throw new NotFoundException("privacy_request");

        await guard.RequireFor(opened.About, cancellation);
        RequireWhatItTakes(command, opened);
        // Whoever is gone although this began before was erased by it, and the service died before it said so.
        var isGoneByThis = opened.Right == PrivacyRight.Erasure && request.State.Status == PrivacyStatus.InProgress;
        var nothing = isGoneByThis ? Done.Nothing with { Outcome = PrivacyOutcome.Erased } : Done.Nothing;
        await Change(command.Id, one => one.Begin(), cancellation);
        var done = opened.Right switch
        {
            PrivacyRight.Access or PrivacyRight.Portability => await Archive(command.Id, opened, cancellation),
            _ when opened.About.Kind == SubjectKind.User => await ToUser(command, opened, nothing, cancellation),
            _ => await ToContact(command, opened, nothing, cancellation),
        };
        // What was noted when they asked before is theirs, too.
        if (done.Outcome == PrivacyOutcome.Erased)
        {
            foreach (var earlier in await requests.EndedAbout(context.Tenant, opened.About.Stream, cancellation))
                await Change(earlier, one => one.Forget(), cancellation);
        }

        return await Change(command.Id, one => one.Complete(done.Outcome, done.HandedOut, done.Evidence), cancellation);
    }

    private static void RequireWhatItTakes(FulfilPrivacyRequest command, PrivacyRequestOpened opened)
    {
        if (opened.Right == PrivacyRight.Rectification && command.Fields is null)
            throw Missing("Fields", "Say what is put right.");

        if (opened is { Right: PrivacyRight.Restriction, About.Kind: SubjectKind.Contact } && command.Ground is null)
            throw Missing("Ground", $"Say which: {string.Join(", ", RestrictionGrounds.All)}.");
    }

    private static ValidationException Missing(string field, string rule) =>
        new([new FluentValidation.Results.ValidationFailure(field, rule)]);

    private async Task<Done> Archive(Guid id, PrivacyRequestOpened opened, CancellationToken cancellation)
    {
        // An archive over all organizations lies under none of them.
        var everywhere = context.Tenant == Tenant.System;
        var made = await archives.Make(context.Tenant, id, opened.Right, opened.About, everywhere, cancellation);
        return new Done(PrivacyOutcome.ArchiveMade, made, Evidence: null);
    }

    private async Task<Done> ToContact(
        FulfilPrivacyRequest command,
        PrivacyRequestOpened opened,
        Done nothing,
        CancellationToken cancellation
    )
    {
        // The address may have come onto the list since, or have been erased.
        var contact = await log.Load<Contact, ContactEvent>(opened.About.Stream, cancellation);
        if (!contact.State.IsListed)
            return contact.Number == 0 ? Done.Nothing : nothing;

        var (outcome, change) = opened.Right switch
        {
            PrivacyRight.Erasure => (PrivacyOutcome.Erased, (ICommand)new EraseContact(contact.Number, Sources.Admin)),
            PrivacyRight.Restriction => (
                PrivacyOutcome.Restricted,
                new RestrictContact(contact.Number, command.Ground!, Sources.Admin)
            ),
            PrivacyRight.Objection => (
                PrivacyOutcome.Withdrawn,
                new WithdrawConsent(contact.Number, Source: Sources.Admin, Reason: "objection")
            ),
            _ => (PrivacyOutcome.Rectified, await Rectification(contact.Number, command.Fields!, cancellation)),
        };
        return new Done(outcome, HandedOut: null, Evidence(await mediator.Send(change, cancellation)));
    }

    private async Task<ChangeContact> Rectification(long number, RectifiedFields fields, CancellationToken cancellation)
    {
        var (known, version) = await mediator.Send(new GetContact(number), cancellation);
        return new ChangeContact(
            number,
            fields.Name ?? known.Name,
            fields.Metadata ?? known.Metadata,
            version,
            Sources.Admin
        );
    }

    private async Task<Done> ToUser(
        FulfilPrivacyRequest command,
        PrivacyRequestOpened opened,
        Done nothing,
        CancellationToken cancellation
    )
    {
        var id = opened.About.Stream;
        var user = await log.In(Tenant.System).Load<User, UserEvent>(id, cancellation);
        if (!user.State.IsRegistered)
            return nothing;

        var profile = user.State.Profile;
        var (outcome, change) = opened.Right switch
        {
            PrivacyRight.Erasure => (PrivacyOutcome.Erased, (ICommand)new RemoveUser(id)),
            PrivacyRight.Restriction => (PrivacyOutcome.Restricted, new SetUserActive(id, Active: false)),
            _ => (
                PrivacyOutcome.Rectified,
                new ChangeUser(
                    id,
                    command.Fields!.Name ?? profile.Name,
                    command.Fields.FirstName ?? profile.FirstName,
                    command.Fields.LastName ?? profile.LastName,
                    command.Fields.AvatarUrl ?? profile.AvatarUrl,
                    user.Version
                )
            ),
        };
        return new Done(outcome, HandedOut: null, Evidence(await mediator.Send(change, cancellation)));
    }

    // What was so already is no event, and was done all the same.
    private static long? Evidence(Position position) => position.Sequence == 0 ? null : position.Sequence;

    private Task<Position> Change(
        Guid id,
        Func<PrivacyRequest, IReadOnlyList<PrivacyRequestEvent>> decide,
        CancellationToken cancellation
    ) => log.Change<PrivacyRequest, PrivacyRequestEvent>(id, decide, cancellation);

    private sealed record Done(PrivacyOutcome Outcome, HandedOut? HandedOut, long? Evidence)
    {
        public static Done Nothing { get; } = new(PrivacyOutcome.NothingHeld, HandedOut: null, Evidence: null);
    }
}
