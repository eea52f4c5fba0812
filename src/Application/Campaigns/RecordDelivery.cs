using FluentValidation;
using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Campaigns;

/// <summary>
/// Records what became of a mail, whoever tells it: a provider's webhook, a bounce, a feedback report. Told twice, or
/// in any order, it leads to the same.
/// </summary>
/// <param name="EmailLog"><c>email_logs.id</c>, as a token of the mail named it: no teller is trusted with it.</param>
/// <param name="EventId">The teller's own name for what happened, the same whenever it is told again.</param>
/// <param name="At">When it happened, UTC; a time in the future counts as now.</param>
/// <param name="Status">RFC 3463, such as <c>5.1.1</c>, where it is known.</param>
/// <param name="Diagnostic">What the other server said. Addresses in it are not kept.</param>
[RequiresOperator]
public sealed record RecordDelivery(
    int EmailLog,
    Delivery Delivery,
    string EventId,
    DateTimeOffset At,
    string? Status = null,
    string? Diagnostic = null
) : IRequest<DeliveryRecorded>;

/// <summary>What became of a mail.</summary>
public enum Delivery
{
    /// <summary>It arrived.</summary>
    Delivered,

    /// <summary>It came back, and another one may not: a full mailbox, a policy, a server in trouble.</summary>
    SoftBounce,

    /// <summary>It came back, and every other one would: there is no such mailbox.</summary>
    HardBounce,

    /// <summary>The person called it spam.</summary>
    Complained,
}

/// <summary>What recording led to.</summary>
public enum DeliveryRecorded
{
    /// <summary>It is recorded.</summary>
    Recorded,

    /// <summary>It was recorded before; nothing changed.</summary>
    KnownAlready,

    /// <summary>There is no such mail.</summary>
    NoSuchMail,

    /// <summary>
    /// The mail's sender has not written down yet that it left. Whoever must not be written to again is suppressed
    /// already; the rest wants to be told again later.
    /// </summary>
    TooEarly,
}

/// <summary>The mails of the send ledger and what becomes of them.</summary>
public interface IDeliveries
{
    /// <summary>A mail, and whether this was told of it before; null where there is no such mail.</summary>
    Task<LedgerMail?> Find(int emailLog, Delivery delivery, string eventId, CancellationToken cancellation);

    /// <summary>What a campaign's mail was for; null where there is none, or it was for nobody on a list.</summary>
    Task<MailPurpose?> PurposeOf(int emailLog, CancellationToken cancellation);

    /// <summary>Moves the mail's status on, where that is a step forward, and keeps the event once.</summary>
    /// <param name="refusal">What the rules say of a bounce; null where they say nothing, or it is none.</param>
    Task<DeliveryRecorded> Write(RecordDelivery told, Refusal? refusal, CancellationToken cancellation);

    /// <summary>How many of a campaign's mails were sent, arrived, and were complained of.</summary>
    Task<CampaignFeedback> Feedback(int campaign, CancellationToken cancellation);
}

/// <summary>The rules by which refusals of mail are judged, in the SMTP session and in bounces alike.</summary>
public interface IRefusalJudge
{
    /// <summary>What a refusal says; null where nothing in it can be judged.</summary>
    /// <param name="status">RFC 3463, such as <c>5.1.1</c>, where a report has one.</param>
    /// <param name="diagnostic">What the server said.</param>
    Refusal? Judge(string? status, string? diagnostic);
}

/// <summary>What a refusal of a mail says.</summary>
/// <param name="Rule">The name of the rule that decided.</param>
/// <param name="About"><c>recipient</c>, <c>sender</c> or <c>message</c>.</param>
/// <param name="ProvesNoMailbox">The mailbox does not exist.</param>
public sealed record Refusal(string Rule, string About, bool ProvesNoMailbox)
{
    /// <summary>It is about us, and says nothing of the recipient.</summary>
    public bool IsAboutSender => About == "sender";
}

/// <summary>What somebody was written to for.</summary>
public sealed record MailPurpose(Guid Organization, int Contact, string Purpose);

/// <summary>A mail of the ledger.</summary>
/// <param name="Contact">Null for a mail to nobody on a list.</param>
/// <param name="Campaign">Null for a single mail.</param>
/// <param name="IsKnown">This was told of it before.</param>
public sealed record LedgerMail(Guid Organization, int? Contact, int? Campaign, bool IsKnown);

internal sealed class RecordDeliveryValidator : AbstractValidator<RecordDelivery>
{
    public RecordDeliveryValidator()
    {
        RuleFor(told => told.Delivery).IsInEnum();
        RuleFor(told => told.EventId).NotEmpty().MaximumLength(255);
    }
}

internal sealed class RecordDeliveryHandler(
    IDeliveries deliveries,
    IRefusalJudge rules,
    RunAs runAs,
    TimeProvider clock
) : IRequestHandler<RecordDelivery, DeliveryRecorded>
{
    public async Task<DeliveryRecorded> Handle(RecordDelivery told, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        told = told with
        {
            At = told.At > now ? now : told.At,
            Status = Diagnostics.Clean(told.Status, 20),
            Diagnostic = Diagnostics.Clean(told.Diagnostic),
        };
        var refusal = told.Delivery is Delivery.HardBounce or Delivery.SoftBounce
            ? rules.Judge(told.Status, told.Diagnostic)
            : null;
        // A provider calls permanent what is permanent for this mail; of the recipient it says nothing where it is us.
        if (refusal is { IsAboutSender: true })
            told = told with { Delivery = Delivery.SoftBounce };

        var mail = await deliveries.Find(told.EmailLog, told.Delivery, told.EventId, cancellation);
        if (mail is null)
            return DeliveryRecorded.NoSuchMail;

        // Told again, it does not bar a person who has confirmed anew since.
        if (mail.IsKnown)
            return DeliveryRecorded.KnownAlready;

        // Neither the address nor the key of the caller says anything about the person or the campaign.
        await using var service = runAs.System(mail.Organization, SystemActors.System);
        // Before the ledger: after a crash between the two it is told again, and not known, and both are done.
        if (told.Delivery is Delivery.HardBounce or Delivery.Complained && mail.Contact is { } contact)
            await service.Send(SuppressionOf(contact, told), cancellation);

        var recorded = await deliveries.Write(told, refusal, cancellation);
        if (recorded == DeliveryRecorded.Recorded && told.Delivery == Delivery.Complained && mail.Campaign is { } of)
            await service.Send(new WatchComplaints(of, IsNew: true), cancellation);

        return recorded;
    }

    private static SuppressReported SuppressionOf(int contact, RecordDelivery told)
    {
        var reason =
            told.Delivery == Delivery.Complained ? SuppressionReasons.Complaint : SuppressionReasons.HardBounce;
        var evidence = new Evidence(
            Claims: new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["mail"] = told.EmailLog.ToString(System.Globalization.CultureInfo.InvariantCulture),
                ["told_by"] = told.EventId,
            }
        );
        return new SuppressReported(contact, reason, evidence);
    }
}

/// <summary>Bars an address after a report about a mail that went there.</summary>
[RequiresOperator]
internal sealed record SuppressReported(long ContactId, string Reason, Evidence Evidence) : ICommand;

internal sealed class SuppressReportedHandler(IEventLog log, IStreamDirectory streams, CommandContext context)
    : ICommandHandler<SuppressReported>
{
    public async Task<Position> Handle(SuppressReported command, CancellationToken cancellation) =>
        await log.Change<Contact, ContactEvent>(
            await streams.Contact(context, command.ContactId, cancellation),
            person => person.Suppress(command.Reason, Sources.Api, command.Evidence),
            cancellation
        );
}
