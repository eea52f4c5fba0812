using System.Globalization;

namespace SchemaHub.Faults;

/// <summary>Makes and revokes keys, invites people and takes that back, signs the owner in and out.</summary>
internal sealed class AccessLoad(LoadContext context, string email, string password, int seed) : Load(context, seed)
{
    private readonly List<PromisedKey> _keys = [];
    private readonly List<PromisedStream> _invitations = [];
    private readonly List<PromisedSession> _sessions = [];
    private int _count;

    protected override TimeSpan Pause => TimeSpan.FromMilliseconds(600);

    protected override Task Step() =>
        Random.Next(6) switch
        {
            0 => MakeKey(),
            1 => RevokeKey(),
            2 => Invite(),
            3 => TakeInvitationBack(),
            4 => SignIn(),
            _ => SignOut(),
        };

    private async Task MakeKey()
    {
        var key = new PromisedKey(Next("key"));
        Context.Promises.Keys.Add(key);
        var ask = Ask.Change(
            HttpMethod.Post,
            "/api/v1/keys",
            $$"""{"name":"{{key.Name}}","test":true,"scopes":["contacts:read"]}"""
        );
        if (await Done(ask) is not { } answer)
            return;

        key.Id = answer.Json.GetProperty("id").GetGuid();
        key.Secret = answer.Json.GetProperty("key").GetString()!;
        key.Promise("api_key_created", position: null);
        _keys.Add(key);
    }

    private async Task RevokeKey()
    {
        if (TakeAny(_keys) is not { } key)
            return;

        if (await Done(Ask.Change(HttpMethod.Delete, $"/api/v1/keys/{key.Id}?reason=faults")) is null)
            return;

        key.Promise("api_key_revoked", position: null);
        key.IsRevoked = true;
    }

    private async Task Invite()
    {
        // A hundred wait at most.
        if (_invitations.Count > 50)
            return;

        var invitation = new PromisedStream("invitation", Next("guest") + "@example.com");
        Context.Promises.Invitations.Add(invitation);
        var ask = Ask.Change(HttpMethod.Post, "/api/v1/invitations", $$"""{"email":"{{invitation.Name}}"}""");
        if (await Done(ask) is not { } answer)
            return;

        invitation.Id = answer.Json.GetProperty("id").GetGuid();
        invitation.Promise("invitation_sent", position: null);
        _invitations.Add(invitation);
    }

    private async Task TakeInvitationBack()
    {
        if (TakeAny(_invitations) is not { } invitation)
            return;

        if (await Done(Ask.Change(HttpMethod.Delete, $"/api/v1/invitations/{invitation.Id}")) is not null)
            invitation.Promise("invitation_revoked", position: null);
    }

    private async Task SignIn()
    {
        var ask = Ask.Change(
            HttpMethod.Post,
            "/api/v1/tokens",
            $$"""{"email":"{{email}}","password":"{{password}}"}"""
        );
        if (await Done(ask with { Bearer = "" }) is not { } answer)
            return;

        var session = new PromisedSession(
            answer.Json.GetProperty("sessionId").GetGuid(),
            answer.Json.GetProperty("accessToken").GetString()!
        );
        Context.Promises.Sessions.Add(session);
        _sessions.Add(session);
    }

    private async Task SignOut()
    {
        if (TakeAny(_sessions) is not { } session)
            return;

        var answer = await Context.Client.Settle(
            Ask.Change(HttpMethod.Delete, $"/api/v1/sessions/{session.Name}") with
            {
                Bearer = session.Token,
            }
        );
        // A repeated sign-out meets the session that it has ended.
        if (answer.IsDone || answer.Status == 401)
            session.IsEnded = true;
        else
            Context.Promises.Surprises.Enqueue($"A session was not ended: {answer.Status} {answer.Code}.");
    }

    private string Next(string what) => string.Create(CultureInfo.InvariantCulture, $"{what}-{++_count}");

    private T? TakeAny<T>(List<T> list)
        where T : class
    {
        if (list.Count == 0)
            return null;

        var i = Random.Next(list.Count);
        var taken = list[i];
        list.RemoveAt(i);
        return taken;
    }
}
