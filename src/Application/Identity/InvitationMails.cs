using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>The mails that invite, and the links in them.</summary>
internal sealed class InvitationMails(
    IMailer mailer,
    MailSenders senders,
    IPublicLinks links,
    IMemberships memberships,
    CommandContext context,
    TimeProvider clock
)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    /// <summary>A link that nobody had before.</summary>
    public InvitationLink NewLink(Guid invitation) =>
        new(ConfirmationToken.Create(context.OrganizationId, invitation), clock.GetUtcNow() + Lifetime);

    /// <exception cref="MailNotSentException">It could not be handed over.</exception>
    public async Task Send(
        InvitationLink link,
        string to,
        string? message,
        Organization organization,
        Person invitedBy,
        CancellationToken cancellation
    )
    {
        var from = await memberships.NameOf(invitedBy.Id, cancellation) ?? organization.Name;
        var intro = $"{from} invites you to join {organization.Name}.";
        var page = links.Invitation(link.Token.ToString());
        await mailer.Send(
            new Mail(
                await senders.Own(cancellation),
                to,
                $"Join {organization.Name}",
                Text(intro, message, page),
                MailLayout.Html(
                    "en",
                    $"Join {organization.Name}",
                    intro,
                    message is null ? [] : [("", message)],
                    ("See the invitation", page),
                    Outro
                ),
                MailLayout.Headers
            ),
            cancellation
        );
    }

    private const string Outro =
        "The link works for 7 days, and only the latest one does. If you do not want to join, do nothing.";

    private static string Text(string intro, string? message, Uri page) =>
        $"""
            {intro}
            {(message is null ? "" : $"\n{message.ReplaceLineEndings("\n")}\n")}
            See the invitation:
            {page}

            {Outro}

            """;
}

/// <summary>Where an invitation is accepted, and until when.</summary>
internal sealed record InvitationLink(ConfirmationToken Token, DateTimeOffset ExpiresAt);
