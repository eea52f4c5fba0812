using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SchemaHub.Application;
using SchemaHub.Application.Identity;
using SchemaHub.Domain;
using SchemaHub.Domain.Contacts;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Identity;

/// <summary>An organization that invites people, and the mailboxes of those.</summary>
internal sealed class Inviting : IAsyncDisposable
{
    private readonly MailSink _mailboxes;
    private readonly Guid _acme;

    private Inviting(TestService service, MailSink mailboxes, FakeTimeProvider clock, Guid acme) =>
        (Service, _mailboxes, Clock, _acme) = (service, mailboxes, clock, acme);

    public TestService Service { get; }

    public FakeTimeProvider Clock { get; }

    /// <summary>What came in, whole; in no order.</summary>
    public IReadOnlyCollection<string> Mails => _mailboxes.Contents!;

    /// <summary>The mail server refuses everything.</summary>
    public bool MailFails
    {
        set => _mailboxes.Answer = value ? _ => Task.FromResult<string?>("550 5.7.1 Not wanted") : null;
    }

    public static async Task<Inviting> Start(int seats = 10)
    {
        var mailboxes = new MailSink { Contents = [] };
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var service = await TestService.Create(services =>
        {
            TestMailing.AddSending(services, mailboxes.Port, connections: 2);
            services.AddSingleton<TimeProvider>(clock);
        });
        return new Inviting(service, mailboxes, clock, await service.CreateOrganization("acme", Plans.Pro, seats));
    }

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        await _mailboxes.DisposeAsync();
    }

    public Task<T> Send<T>(IRequest<T> request) => Service.Send(_acme, request);

    /// <summary>The code that a request is refused with.</summary>
    public async Task<string> Refusal<T>(IRequest<T> request) =>
        (await Should.ThrowAsync<RuleBrokenException>(() => Send(request))).Code;

    /// <summary>An account with a password that belongs to no organization yet.</summary>
    public async Task<Guid> Account(string email)
    {
        var id = Service.Services.GetRequiredService<IKeyedIds>().OfUser(EmailAddress.Parse(email));
        await Service.Change<User, UserEvent>(Tenant.System, id, user => user.OpenByMail(email, "Ann", "a hash"));
        return id;
    }

    /// <summary>Invites; answers the token in the mail.</summary>
    public Task<string> Invite(string email, string? message = null) =>
        Mailed(() => Send(new SendInvitation(email, Message: message)));

    /// <summary>Mails the one invitation that waits once more; answers the token in the mail.</summary>
    public Task<string> Resend() => Mailed(async () => await Send(new ResendInvitation(await Id())));

    /// <summary>The id of the one invitation that waits.</summary>
    public Task<Guid> Id() => Service.Scalar<Guid>("select id from access.invitations where status = 'pending'");

    /// <summary>Accepts as a stranger who holds the link, or as somebody signed in; answers what came of it.</summary>
    public async Task<string> Accept(string token, Guid? person = null)
    {
        CommandContext Caller(CommandContext caller) => new() { Actor = Actors.Public, UserId = person };

        try
        {
            if (person is null)
                await Service.Send(Guid.Empty, new AcceptByLink(token), Caller);
            else
                await Service.Send(Guid.Empty, new AcceptInvitation(token), Caller);

            return "joined";
        }
        catch (RuleBrokenException refused)
        {
            return refused.Code;
        }
    }

    /// <summary>The published row, with names instead of numbers.</summary>
    public Task<string> Row() =>
        Service.Scalar<string>(
            """
            select concat_ws('|', i.email, t.slug, r.slug, u.email, i.status, i.message, i.expires_at - i.created_at
                < interval '7 days 1 minute' and i.expires_at - i.created_at > interval '6 days 23 hours',
                i.accepted_at >= i.created_at)
            from saas.invitations i
            join saas.teams t on t.id = i.team_id
            join saas.roles r on r.id = i.role_id
            join saas.users u on u.id = i.invited_by_id
            """
        );

    public async Task RebuildsToTheSame()
    {
        foreach (var schema in new[] { "access", "saas" })
            (await new Rebuild(Service.Installation, schema).Run(CancellationToken.None)).RowsMended.ShouldBe(
                0,
                schema
            );
    }

    private async Task<string> Mailed(Func<Task> send)
    {
        var before = Mails.ToHashSet(StringComparer.Ordinal);
        await send();
        var mail = ReceivedMail.Parse(Mails.Single(one => !before.Contains(one)));
        return mail.Link.Segments[^1];
    }
}
