using FluentValidation;
using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Campaigns;

/// <summary>What waits for the operator since the database was restored from a backup.</summary>
[RequiresOperator]
public sealed record ListHeld : IRequest<HeldAfterRestore>;

/// <summary>Lets background work go on.</summary>
/// <param name="Work"><c>jobs</c> or <c>witnesses</c>.</param>
[RequiresOperator]
public sealed record ReleaseWork(string Work) : IRequest<Unit>;

/// <summary>Lets a campaign go on.</summary>
/// <param name="Rest">One of <see cref="RestOfCampaign"/>.</param>
/// <param name="ResendsInDoubt">
/// Mails that may have been sent since the backup are sent again; otherwise they have failed, in doubt.
/// </param>
[RequiresOperator]
public sealed record ReleaseCampaign(int CampaignId, string Rest, bool ResendsInDoubt = false) : IRequest<Unit>;

/// <summary>What becomes of the recipients of a restored campaign who are not known as sent to.</summary>
public static class RestOfCampaign
{
    /// <summary>They are sent to.</summary>
    public const string Send = "send";

    /// <summary>They are taken as sent to, in doubt.</summary>
    public const string Sent = "sent";

    /// <summary>The campaign is cancelled.</summary>
    public const string Cancel = "cancel";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Send, Sent, Cancel];
}

/// <summary>What waits since a restore.</summary>
public sealed record HeldAfterRestore(IReadOnlyList<HeldBackgroundWork> Work, IReadOnlyList<HeldCampaign> Campaigns);

/// <summary>Background work that waits.</summary>
/// <param name="Waiting">How many jobs are queued; null of other work.</param>
public sealed record HeldBackgroundWork(string Work, DateTimeOffset HeldAt, long? Waiting);

/// <summary>A campaign that waits.</summary>
/// <param name="SentBefore">Mails that the backup knows as sent.</param>
/// <param name="SentSince">Mails that the journal knows as sent since the backup.</param>
/// <param name="Unknown">Mails that may have been sent since the backup.</param>
/// <param name="Remaining">Recipients who were not sent to.</param>
public sealed record HeldCampaign(
    int Id,
    Guid OrganizationId,
    string Organization,
    string Name,
    string Status,
    DateTimeOffset HeldAt,
    long SentBefore,
    long SentSince,
    long Unknown,
    long Remaining
);

/// <summary>Keeps what waits since a restore.</summary>
public interface IRestoreHolds
{
    /// <summary>What waits.</summary>
    Task<HeldAfterRestore> Find(CancellationToken cancellation);

    /// <summary>Whether the work waited.</summary>
    Task<bool> ReleaseWork(string work, CancellationToken cancellation);

    /// <summary>Whether the campaign waited.</summary>
    Task<bool> ReleaseCampaign(ReleaseCampaign release, CancellationToken cancellation);
}

internal sealed class ReleaseCampaignValidator : AbstractValidator<ReleaseCampaign>
{
    public ReleaseCampaignValidator() => RuleFor(release => release.Rest).OneOf([.. RestOfCampaign.All]);
}

internal sealed class RestoreHoldsHandler(IRestoreHolds holds)
    : IRequestHandler<ListHeld, HeldAfterRestore>,
        IRequestHandler<ReleaseWork, Unit>,
        IRequestHandler<ReleaseCampaign, Unit>
{
    public Task<HeldAfterRestore> Handle(ListHeld query, CancellationToken cancellation) => holds.Find(cancellation);

    public async Task<Unit> Handle(ReleaseWork release, CancellationToken cancellation) =>
        await holds.ReleaseWork(release.Work, cancellation) ? Unit.Value : throw new NotFoundException("held_work");

    public async Task<Unit> Handle(ReleaseCampaign release, CancellationToken cancellation) =>
        await holds.ReleaseCampaign(release, cancellation) ? Unit.Value : throw new NotFoundException("held_campaign");
}
