using System.Net;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Identity;
using SchemaHub.Application.Records;
using SchemaHub.Infrastructure.Access;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Identity;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Access;

public sealed class AuthorizationSpec
{
    private TestService _service = null!;
    private Guid _acme;
    private Guid _ann;

    [OneTimeSetUp]
    public async Task Start()
    {
        _service = await TestService.Create(services =>
            services.AddSingleton(new AccessLogOptions { OneAllowedOf = 1 })
        );
        _acme = await _service.CreateOrganization("acme");
        _ann = await _service.Services.Join(_acme, "ann@example.org", "viewer", "Ann Lee");
    }

    [OneTimeTearDown]
    public async Task Stop() => await _service.DisposeAsync();

    [Test]
    public async Task Who_holds_the_permission_may() =>
        (await _service.Send(_acme, new ListContacts(), Ann("contacts:read"))).Items.ShouldBeEmpty();

    [Test]
    public async Task Who_does_not_hold_it_may_not_and_nothing_is_changed()
    {
        var refused = await Should.ThrowAsync<AccessDeniedException>(() =>
            _service.Send(_acme, new RenameOrganization("Mine"), Ann("contacts:read", "organization:read"))
        );

        refused.Permission.ShouldBe("organization:write");
        refused.Message.ShouldBe("This needs the permission organization:write.");
        (await _service.Send(_acme, new GetOrganization())).Name.ShouldBe("acme");
    }

    [Test]
    public async Task It_is_decided_before_the_form_is_looked_at()
    {
        var broken = new RenameOrganization("");

        await Should.ThrowAsync<AccessDeniedException>(() => _service.Send(_acme, broken, Ann("contacts:read")));
        await Should.ThrowAsync<ValidationException>(() => _service.Send(_acme, broken, Ann("organization:write")));
    }

    [Test]
    public async Task What_only_the_operator_may_no_permission_opens() =>
        (
            await Should.ThrowAsync<AccessDeniedException>(() =>
                _service.Send(_acme, new LimitSending(_ann, 1), Ann("members:write", "organization:transfer"))
            )
        ).Message.ShouldBe("This is for whoever runs the installation.");

    [Test]
    public async Task A_record_is_opened_by_the_permission_of_its_area()
    {
        await Should.ThrowAsync<AccessDeniedException>(() =>
            _service.Send(_acme, new ListRecords("podcast.podcasts"), Ann("records:read", "podcasts:write"))
        );
        (await _service.Send(_acme, new ListRecords("podcast.podcasts"), Ann("podcasts:read"))).Items.ShouldBeEmpty();
        await Should.ThrowAsync<AccessDeniedException>(() =>
            _service.Send(_acme, new ListRecords("podcast.access_control_policies"), Ann("podcasts:read"))
        );
    }

    [Test]
    public async Task Whoever_has_chosen_no_organization_is_told_so() =>
        (
            await Should.ThrowAsync<AccessDeniedException>(() => _service.Send(Guid.Empty, new ListContacts(), Ann()))
        ).Message.ShouldStartWith("Choose an organization first");

    [Test]
    public async Task A_request_that_does_not_say_who_may_send_it_is_refused()
    {
        await using var service = await TestService.Create(services =>
            services.AddScoped<IRequestHandler<Forgotten, int>, ForgottenHandler>()
        );

        await Should.ThrowAsync<AccessDeniedException>(() => service.Send(Guid.Empty, new Forgotten()));
    }

    [Test]
    public async Task Refusals_are_kept_in_the_published_tables_and_so_is_what_was_allowed()
    {
        var agent = $"agent {Guid.CreateVersion7():N}";
        await _service.Send(_acme, new ListContacts(), AnnBy(agent, "contacts:read"));
        foreach (var _ in Enumerable.Range(0, 3))
            await Should.ThrowAsync<AccessDeniedException>(() =>
                _service.Send(_acme, new RemoveMember(_ann), AnnBy(agent, "contacts:read"))
            );

        await _service.Services.GetRequiredService<AccessLog>().Flush(CancellationToken.None);
        await _service.Services.GetRequiredService<SecurityLog>().Flush(CancellationToken.None);

        (
            await _service.Scalar<string>(
                $"""
                select string_agg(concat_ws('|', resource_type, action, allowed, resource_id, reason, ip_address,
                    user_id = '{Membership.IdOf(_acme, _ann)}'), ' ' order by occurred_at, id)
                from podcast.access_logs where user_agent = '{agent}' and tenant_id = '{_acme}'
                """
            )
        ).ShouldBe(
            string.Join(
                ' ',
                [
                    "contacts|read|t|192.0.2.7|t",
                    .. Enumerable.Repeat(
                        $"members|write|f|{_ann}|This needs the permission members:write.|192.0.2.7|t",
                        3
                    ),
                ]
            )
        );
        (
            await _service.Scalar<string>(
                $"""
                select concat_ws('|', event_type, severity, details -> 'after' ->> 'permission',
                    details -> 'after' ->> 'times', user_id = '{Membership.IdOf(_acme, _ann)}', ip_address)
                from podcast.security_events where user_agent = '{agent}'
                """
            )
        ).ShouldBe("access_refused|medium|members:write|3|t|192.0.2.7");
        (
            await _service.Scalar<string>(
                $"""
                select concat_ws('|', l.event_type, l.severity, l.outcome, u.email)
                from saas.security_audit_logs l join saas.users u on u.id = l.user_id
                where l.user_agent = '{agent}'
                """
            )
        ).ShouldBe("access_refused|warning|failure|ann@example.org");
    }

    [Test]
    public async Task What_a_person_changes_is_in_the_audit_under_their_name()
    {
        var agent = $"agent {Guid.CreateVersion7():N}";
        await _service.Send(
            _acme,
            new SaveRole($"r{Guid.CreateVersion7():N}", "Readers", null, ["contacts:read"]),
            AnnBy(agent, "roles:write", "contacts:read")
        );

        (
            await _service.Scalar<string>(
                $"""
                select concat_ws('|', u.username, a.entity_type, p.action)
                from smarthub.audit_logs a
                join smarthub.users u on u.id = a.user_id
                join podcast.audit_logs p on p.id = a.id
                join podcast.users m on m.id = p.user_id and m.account_id = a.user_id
                where a.user_agent = '{agent}' and a.action = 'CREATE'
                """
            )
        ).ShouldBe("ann@example.org|role|role_created");
    }

    [Test]
    public async Task A_flood_of_refusals_is_one_note_and_a_rebuild_makes_the_same_rows()
    {
        var agent = $"agent {Guid.CreateVersion7():N}";
        for (var i = 0; i < 500; i++)
            await Should.ThrowAsync<AccessDeniedException>(() =>
                _service.Send(_acme, new CloseOrganization(), AnnBy(agent))
            );

        await _service.Services.GetRequiredService<SecurityLog>().Flush(CancellationToken.None);

        (
            await _service.Scalar<string>(
                $"""
                select concat_ws('|', count(*), max(details -> 'after' ->> 'times'))
                from podcast.security_events where user_agent = '{agent}'
                """
            )
        ).ShouldBe("1|500");
        foreach (var schema in new[] { "podcast", "saas", "smarthub" })
            (await new Rebuild(_service.Installation, schema).Run(CancellationToken.None)).RowsMended.ShouldBe(
                0,
                schema
            );
    }

    private Func<CommandContext, CommandContext> Ann(params string[] permissions) => AnnBy("a spec", permissions);

    private Func<CommandContext, CommandContext> AnnBy(string agent, params string[] permissions) =>
        context =>
            context.ProvenAs(_ann) with
            {
                UserAgent = agent,
                Ip = IPAddress.Parse("192.0.2.7"),
                Access = Application.Access.Access.Of(permissions),
            };

    private sealed record Forgotten : IRequest<int>;

    private sealed class ForgottenHandler : IRequestHandler<Forgotten, int>
    {
        public Task<int> Handle(Forgotten request, CancellationToken cancellationToken) => Task.FromResult(1);
    }
}
