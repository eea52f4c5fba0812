using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application;
using SchemaHub.Application.Identity;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.Security;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.Support;

/// <summary>People who are signed in, as programs that act for them are: by an access token.</summary>
public static class TestPeople
{
    /// <summary>A new member, and a client that is signed in as them.</summary>
    /// <param name="role">What they are in the organization.</param>
    public static async Task<TestPerson> NewPerson(this TestApi api, Guid organization, string role)
    {
        var email = $"p{Guid.CreateVersion7():n}@example.org";
        var user = await api.App.Services.Join(organization, email, role);
        return await api.SignIn(user, organization);
    }

    /// <summary>A client that is signed in as somebody, in an organization or in none.</summary>
    public static async Task<TestPerson> SignIn(this TestApi api, Guid user, Guid? organization)
    {
        await using var scope = api.App.Services.CreateAsyncScope();
        var session = await Begin(scope, user, organization, SessionKinds.Program, $"{Guid.CreateVersion7()}");
        var client = api.NewClient();
        var (token, _) = scope.ServiceProvider.GetRequiredService<AccessTokens>().Issue(session);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return new TestPerson(user, session, client);
    }

    /// <summary>A browser in which somebody is signed in by a session's cookie, in an organization or none.</summary>
    public static async Task<TestPerson> SignInBrowser(this TestApi api, Guid user, Guid? organization)
    {
        await using var scope = api.App.Services.CreateAsyncScope();
        var token = scope.ServiceProvider.GetRequiredService<ISessionTokens>().CreateBrowser();
        var session = await Begin(scope, user, organization, SessionKinds.Browser, token);
        var client = api.NewClient();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Cookie", $"schemahub={token}").ShouldBeTrue();
        return new TestPerson(user, session, client);
    }

    /// <summary>What <see cref="SetPassword"/> sets.</summary>
    public const string Password = "correct horse battery";

    /// <summary>Gives an account a password.</summary>
    public static async Task SetPassword(this TestApi api, Guid user)
    {
        await using var scope = api.App.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<ScopeCaller>().Set(RunAs.OperatorContext(Tenant.System));
        var hash = await scope.ServiceProvider.GetRequiredService<IPasswordHasher>().Hash(Password, default);
        await scope
            .ServiceProvider.GetRequiredService<IEventLog>()
            .Change<User, UserEvent>(user, state => state.SetPassword(hash), CancellationToken.None);
    }

    private static async Task<Guid> Begin(
        AsyncServiceScope scope,
        Guid user,
        Guid? organization,
        string kind,
        string token
    )
    {
        scope.ServiceProvider.GetRequiredService<ScopeCaller>().Set(RunAs.OperatorContext(Tenant.System));
        var (log, session) = (scope.ServiceProvider.GetRequiredService<IEventLog>(), Guid.CreateVersion7());
        var number = (await log.Load<User, UserEvent>(user, CancellationToken.None)).Number;
        var now = scope.ServiceProvider.GetRequiredService<TimeProvider>().GetUtcNow();
        await log.Change<Session, SessionEvent>(
            session,
            started => started.Start(new Person(user, number), kind, ContentIds.Sha256(token), organization, now),
            CancellationToken.None
        );
        return session;
    }

    /// <summary>Ends a session, as its owner or an officer does.</summary>
    public static async Task EndSession(this TestApi api, Guid session)
    {
        await using var scope = api.App.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<ScopeCaller>().Set(RunAs.OperatorContext(Tenant.System));
        await scope
            .ServiceProvider.GetRequiredService<IEventLog>()
            .Change<Session, SessionEvent>(
                session,
                started => started.End(SessionEnds.SignedOut),
                CancellationToken.None
            );
    }
}

/// <summary>Somebody who is signed in.</summary>
public sealed record TestPerson(Guid User, Guid Session, HttpClient Http) : IDisposable
{
    /// <param name="json">The body; none where null.</param>
    public Task<Answer> Send(HttpMethod method, string path, string? json = null) => Http.Ask(method, path, json);

    public void Dispose() => Http.Dispose();
}
