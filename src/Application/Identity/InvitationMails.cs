using System.Net;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>The mails that invite, and the links in them.</summary>
internal sealed class InvitationMails(
    IMailer mailer,
    IPublicLinks links,
    IMemberships memberships,
    CommandContext context,
    TimeProvider clock
)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    private const string ButtonStyle =
        "display:inline-block;padding:12px 24px;border-radius:8px;background:#3346c8;color:#ffffff;"
        + "font-weight:600;text-decoration:none";

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
                From: null,
                to,
                $"Join {organization.Name}",
                Text(intro, message, page),
                Html($"Join {organization.Name}", intro, message, page),
                new Dictionary<string, string> { ["Auto-Submitted"] = "auto-generated" }
            ),
            cancellation
        );
    }

    private const string Outro =
        "The link works for 7 days, and only the latest one does. If you do not want to join, do nothing.";

    private static string Text(string intro, string? message, Uri page) =>
        $"""
            {intro}
            {(message is null ? "" : $"\n{message}\n")}
            See the invitation:
            {page}

            {Outro}

            """;

    private static string Html(string title, string intro, string? message, Uri page) =>
        $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="color-scheme" content="light dark">
            <title>{Encode(title)}</title>
            </head>
            <body style="margin:0;padding:32px 16px;font:16px/1.55 system-ui,-apple-system,'Segoe UI',sans-serif">
            <div style="max-width:520px;margin:0 auto">
            <h1 style="font-size:22px;line-height:1.3;margin:0 0 16px">{Encode(title)}</h1>
            <p>{Encode(intro)}</p>
            {(message is null ? "" : $"<blockquote>{Encode(message)}</blockquote>")}
            <p style="margin:28px 0"><a href="{Encode(
                page.AbsoluteUri
            )}" style="{ButtonStyle}">See the invitation</a></p>
            <p style="font-size:14px">{Encode(Outro)}</p>
            </div>
            </body>
            </html>
            """;

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}

/// <summary>Where an invitation is accepted, and until when.</summary>
internal sealed record InvitationLink(ConfirmationToken Token, DateTimeOffset ExpiresAt);
