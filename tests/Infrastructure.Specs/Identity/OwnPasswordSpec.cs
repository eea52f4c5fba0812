using System.Reflection;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application;
using SchemaHub.Application.Access;
using SchemaHub.Application.Compliance;
using SchemaHub.Application.Identity;
using SchemaHub.Domain;
using SchemaHub.Domain.Identity;
using SchemaHub.Testing;
using static SchemaHub.Infrastructure.Specs.Identity.SigningIn;

namespace SchemaHub.Infrastructure.Specs.Identity;

/// <summary>The same effect on a person's own account needs the same proof: a borrowed session is not enough.</summary>
public sealed class OwnPasswordSpec
{
    /// <summary>What a person cannot take back: each of these asks for the password, right or not at all.</summary>
    private static readonly Type[] Irreversible =
    [
        typeof(RemoveMe),
        typeof(ChangeMyPassword),
        typeof(OpenOwnPrivacyRequest),
        typeof(FulfilOwnPrivacyRequest),
        typeof(CloseOrganization),
        typeof(TransferOwnership),
    ];

    /// <summary>What a person does about themselves and can undo, or only looks at.</summary>
    private static readonly Type[] Reversible =
    [
        typeof(GetMe),
        typeof(ChangeMyProfile),
        typeof(ListMySessions),
        typeof(SignOut),
        typeof(EndMySession),
        typeof(EndMyOtherSessions),
        typeof(SwitchOrganization),
        typeof(ListMyOrganizations),
        typeof(FoundOrganization),
        typeof(AcceptInvitation),
        // By another invitation. The owner cannot leave.
        typeof(LeaveOrganization),
        typeof(ListOwnPrivacyRequests),
        typeof(CancelOwnPrivacyRequest),
        typeof(FetchOwnPrivacyArchive),
    ];

    [Test]
    public void Every_command_on_ones_own_account_is_on_one_of_the_lists()
    {
        var own = typeof(RequiresSignInAttribute)
            .Assembly.GetTypes()
            .Where(type =>
                type.GetCustomAttribute<RequirementAttribute>()
                    is RequiresSignInAttribute
                        or RequiresAttribute { Permission: "organization:transfer" }
            );

        own.Select(type => type.Name)
            .ShouldBe(Irreversible.Concat(Reversible).Select(type => type.Name), ignoreOrder: true);
    }

    [Test]
    public async Task What_cannot_be_taken_back_asks_for_the_password()
    {
        await using var service = await NewService();
        var id = await SignUpAndVerify(service);
        var acme = await service.Send(
            Guid.Empty,
            new CreateOrganization("Acme", "acme", Ann, Plan: "business", Seats: 10)
        );
        var bob = await SignUp(service, "bob@example.org");
        await service.Services.Join(acme, "bob@example.org", "user");
        var session = await SignIn(service, SessionKinds.Browser);
        var before = await service.Scalar<long>("select max(e.seq_id) from events.mt_events e");
        foreach (var wrong in new[] { null, "", "wrong password" })
        {
            IBaseRequest[] commands =
            [
                new RemoveMe(wrong!),
                new ChangeMyPassword(wrong!, "another password"),
                new OpenOwnPrivacyRequest("erasure", OwnPassword: wrong),
                new CloseOrganization(wrong),
                new TransferOwnership(bob, wrong),
            ];
            foreach (var command in commands)
                (await Refusal(service, acme, command, session)).ShouldBe(
                    "password.wrong",
                    $"{command.GetType().Name} with {wrong ?? "no password"}"
                );

            // The session's own count would end the tries.
            await service.Execute("delete from access.sign_in_throttle");
        }

        (await service.Scalar<long>("select max(e.seq_id) from events.mt_events e")).ShouldBe(before);
        var demand = await Send(service, acme, new OpenOwnPrivacyRequest("erasure", OwnPassword: Password), session);
        var fulfil = new FulfilOwnPrivacyRequest(demand.Stream);
        (await Refusal(service, acme, fulfil, session)).ShouldBe("password.wrong");
        await Send(service, acme, new TransferOwnership(bob, Password), session);
        await Send(service, acme, fulfil with { OwnPassword = Password }, session);
        (
            await service.Scalar<long>(
                $"select count(*) from access.users u where u.id = '{id}' and u.removed_at is null"
            )
        ).ShouldBe(0);
    }

    [Test]
    public async Task A_person_who_signs_in_with_Google_proves_the_mailbox_and_sets_a_password_with_that()
    {
        await using var service = await NewService();
        var id = await SignUpAndVerify(service);
        var acme = await service.Send(Guid.Empty, new CreateOrganization("Acme", "acme", Ann));
        var session = await SignIn(service, SessionKinds.Browser);
        await WithoutPassword(service, id);

        (await Refusal(service, acme, new RemoveMe(Password), session)).ShouldBe("password.none");
        (await Refusal(service, acme, new CloseOrganization(Password), session)).ShouldBe("password.none");

        var token = await Ask(service, new SendPasswordReset(id), AccountLink.Reset, id);
        await service.Send(Guid.Empty, new ResetPassword(token, Password));
        var again = await SignIn(service, SessionKinds.Browser);
        await Send(service, acme, new CloseOrganization(Password), again);
        await Send(service, Guid.Empty, new RemoveMe(Password), again);
    }

    private static Task<Position> WithoutPassword(TestService service, Guid id) =>
        service.Change<User, UserEvent>(Tenant.System, id, _ => [new PasswordSet(Hash: null)]);

    private static Task<T> Send<T>(TestService service, Guid organization, IRequest<T> request, SignedIn session) =>
        service.Send(organization, request, As(session));

    private static async Task<string> Refusal(
        TestService service,
        Guid organization,
        IBaseRequest request,
        SignedIn session
    )
    {
        try
        {
            await (
                request switch
                {
                    IRequest<Position> command => (Task)Send(service, organization, command, session),
                    IRequest<Unit> command => Send(service, organization, command, session),
                    _ => throw new NotSupportedException(request.GetType().Name),
                }
            );
            return "none";
        }
        catch (RuleBrokenException refused)
        {
            return refused.Code;
        }
    }
}
