using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SchemaHub.Application;
using SchemaHub.Application.Identity;
using SchemaHub.Domain;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.Security;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Identity;

/// <summary>People who sign up, verify and sign in without HTTP, at a cost of hashing that specs can bear.</summary>
internal static class SigningIn
{
    public const string Ann = "ann@example.org";
    public const string Password = "correct horse battery";

    public static Task<TestService> NewService() =>
        TestService.Create(services =>
        {
            services.AddSingleton(
                new FakeTimeProvider(TimeProvider.System.GetUtcNow())
                {
                    // Links of one account are told apart by the moment at which they were made.
                    AutoAdvanceAmount = TimeSpan.FromMilliseconds(1),
                }
            );
            services.AddSingleton<TimeProvider>(provider => provider.GetRequiredService<FakeTimeProvider>());
            services.AddSingleton<IPasswordHasher>(provider => new PasswordHasher(
                provider.GetRequiredService<KeyRing>(),
                cost: 4
            ));
        });

    public static Guid IdOf(TestService service, string email) =>
        service.Services.GetRequiredService<IKeyedIds>().OfUser(Domain.Contacts.EmailAddress.Parse(email));

    public static async Task<Guid> SignUp(TestService service, string email = Ann)
    {
        await service.Send(Guid.Empty, new RegisterSignUp(email));
        return IdOf(service, email);
    }

    public static async Task<Guid> SignUpAndVerify(TestService service)
    {
        var id = await SignUp(service);
        await Verify(service);
        return id;
    }

    public static async Task Verify(TestService service)
    {
        var id = IdOf(service, Ann);
        var token = await MailedToken(service, AccountLink.Verification, id);
        await service.Send(Guid.Empty, new ConfirmEmail(token, Password, "Ann"));
    }

    public static async Task<string> Ask(TestService service, ICommand command, AccountLink use, Guid id)
    {
        await service.Send(Guid.Empty, command);
        return await MailedToken(service, use, id);
    }

    /// <summary>The token that the newest job is to mail, made as the job makes it.</summary>
    public static async Task<string> MailedToken(TestService service, AccountLink use, Guid id)
    {
        // Hangfire stores each argument as JSON, the command's name first, then the command, which is JSON itself.
        var link = await service.Scalar<string>(
            $$"""
            select a.command->>'link'
            from hangfire.job h
            cross join lateral (
                select h.arguments->>0 as name, ((h.arguments->>1)::jsonb #>> '{}')::jsonb as command
            ) a
            where a.name = '"account.mail"' and a.command->>'userId' = '{{id}}'
            order by h.id desc
            limit 1
            """
        );
        return service.Services.GetRequiredService<IAccountTokens>().Of(use, id, Guid.Parse(link));
    }

    public static Task<SignedIn> SignIn(TestService service, string kind) =>
        service.Send(
            Guid.Empty,
            new SignIn(Ann, Password, kind),
            caller => caller with { Ip = System.Net.IPAddress.Parse("203.0.113.9"), UserAgent = "Firefox" }
        );

    public static async Task TrySignIn(TestService service, string password)
    {
        try
        {
            await service.Send(Guid.Empty, new SignIn(Ann, password, SessionKinds.Program));
        }
        catch (RuleBrokenException late) when (late.Code == "credentials.wrong")
        {
            // The password had changed by then.
        }
    }

    public static Func<CommandContext, CommandContext> As(SignedIn session) =>
        caller => caller with { UserId = session.UserId, SessionId = session.SessionId };

    public static async Task<string> Refused<T>(TestService service, MediatR.IRequest<T> request) =>
        (await Should.ThrowAsync<RuleBrokenException>(() => service.Send(Guid.Empty, request))).Code;
}
