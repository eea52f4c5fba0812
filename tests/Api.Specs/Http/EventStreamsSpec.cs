using System.Net;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Identity;

namespace SchemaHub.Api.Specs.Http;

/// <summary>
/// Every stream of server-sent events ends with what opened it, on every node. The spec acts on one node and follows on
/// another one.
/// </summary>
public sealed class EventStreamsSpec : TenantSpec
{
    // A second for the check, and the rest for a busy machine; without a check a stream lives for a minute.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(15);

    private TestApi? _other;

    [OneTimeSetUp]
    public async Task StartOther() => _other = await TestApi.StartBeside();

    [OneTimeTearDown]
    public async Task StopOther()
    {
        if (_other is not null)
            await _other.DisposeAsync();
    }

    /// <summary>Every stream has an address to follow it by; a new one is added here.</summary>
    [Test]
    public async Task Every_stream_is_followed_by_this_spec()
    {
        var streams = Shared
            .Api.App.Services.GetRequiredService<EndpointDataSource>()
            .Endpoints.OfType<RouteEndpoint>()
            .Where(route =>
                route
                    .Metadata.OfType<IProducesResponseTypeMetadata>()
                    .Any(produced => produced.ContentTypes.Contains("text/event-stream"))
            )
            .Select(route => route.RoutePattern.RawText);

        streams.ShouldBe((await Paths()).Keys, ignoreOrder: true);
    }

    [Test]
    public async Task A_stream_ends_when_its_person_signs_out() =>
        await EachEnds(
            () => Shared.Api.NewPerson(Ours.Organization, "admin"),
            person => person.Http,
            async person =>
                (await person.Send(HttpMethod.Post, "/api/v1/sign-out")).Status.ShouldBe(HttpStatusCode.NoContent)
        );

    [Test]
    public async Task A_stream_ends_when_its_session_is_ended_from_elsewhere() =>
        await EachEnds(
            () => Shared.Api.NewPerson(Ours.Organization, "admin"),
            person => person.Http,
            async person =>
            {
                using var elsewhere = await Shared.Api.SignIn(person.User, Ours.Organization);
                (await elsewhere.Send(HttpMethod.Delete, "/api/v1/sessions")).Status.ShouldBe(HttpStatusCode.NoContent);
            }
        );

    [Test]
    public async Task A_stream_ends_when_its_person_is_no_member_any_more() =>
        await EachEnds(
            () => Shared.Api.NewPerson(Ours.Organization, "admin"),
            person => person.Http,
            person => Shared.Api.Send(Ours.Organization, new RemoveMember(person.User))
        );

    [Test]
    public async Task A_stream_ends_when_its_person_has_another_role() =>
        await EachEnds(
            () => Shared.Api.NewPerson(Ours.Organization, "admin"),
            person => person.Http,
            person => Shared.Api.Send(Ours.Organization, new ChangeMemberRole(person.User, "viewer"))
        );

    [Test]
    public async Task A_stream_ends_when_its_account_is_closed() =>
        await EachEnds(
            () => Shared.Api.NewPerson(Ours.Organization, "admin"),
            person => person.Http,
            person => Shared.Api.Send(Guid.Empty, new SetUserActive(person.User, Active: false))
        );

    [Test]
    public async Task A_stream_ends_when_its_key_is_revoked() =>
        await EachEnds(NewKey, key => key.Http, key => Shared.Api.Send(Ours.Organization, new RevokeApiKey(key.Id)));

    [Test]
    public async Task A_stream_ends_when_its_key_has_another_secret() =>
        await EachEnds(
            NewKey,
            key => key.Http,
            key => Shared.Api.Send(Ours.Organization, new RotateApiKey(key.Id, GraceHours: 0))
        );

    [Test]
    public async Task A_stream_goes_on_while_its_caller_may_follow_it()
    {
        using var person = await Shared.Api.NewPerson(Ours.Organization, "admin");
        foreach (var path in (await Paths()).Values)
        {
            await using var stream = await Follow(person.Http, path);
            var ended = stream.UntilEnd(CancellationToken.None);
            // Longer than between two checks; the change of somebody else's session is a notice, too.
            (await person.Send(HttpMethod.Get, "/api/v1/me")).Status.ShouldBe(HttpStatusCode.OK);
            using (var another = await Shared.Api.NewPerson(Ours.Organization, "admin"))
                await another.Send(HttpMethod.Post, "/api/v1/sign-out");

            await Should.ThrowAsync<TimeoutException>(() => ended.WaitAsync(TimeSpan.FromSeconds(2)), path);
        }
    }

    private async Task EachEnds<T>(Func<Task<T>> open, Func<T, HttpClient> http, Func<T, Task> end)
        where T : IDisposable
    {
        foreach (var path in (await Paths()).Values)
        {
            using var caller = await open();
            await using var stream = await Follow(http(caller), path);
            await end(caller);
            using var deadline = new CancellationTokenSource(Soon);
            await Should.NotThrowAsync(() => stream.UntilEnd(deadline.Token), path);
        }
    }

    /// <summary>Follows on the other node.</summary>
    private async Task<Followed> Follow(HttpClient caller, string path)
    {
        var http = _other!.NewClient();
        http.DefaultRequestHeaders.Authorization = caller.DefaultRequestHeaders.Authorization;
        var answer = await http.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, path);
        var followed = new Followed(http, answer, await answer.Content.ReadAsStreamAsync());
        await followed.Begin();
        return followed;
    }

    /// <summary>The streams by their route, each with an address where something is under way.</summary>
    private async Task<IReadOnlyDictionary<string, string>> Paths()
    {
        var campaign = await Scheduled();
        return new Dictionary<string, string>
        {
            ["/api/v1/jobs/events"] = "/api/v1/jobs/events",
            ["/api/v1/campaigns/{id:long}/progress/events"] = $"/api/v1/campaigns/{campaign}/progress/events",
        };
    }

    private async Task<long> Scheduled()
    {
        var template = await Shared.Api.Send(
            Ours.Organization,
            new SaveTemplate(
                "Plain",
                "Hi",
                "<p>{{name}} {{postal_address}}</p><a href=\"{{unsubscribe_url}}\">Unsubscribe</a>"
            )
        );
        var campaign = await Shared.Api.Send(Ours.Organization, new DraftCampaign(null, "Letter", template.Number));
        var tomorrow = TimeProvider.System.GetUtcNow().AddDays(1);
        await Shared.Api.Send(Ours.Organization, new ScheduleCampaign(campaign.Number, tomorrow));
        return campaign.Number;
    }

    private async Task<KeyHolder> NewKey()
    {
        var key = await Shared.Api.Send(Ours.Organization, new CreateApiKey("follower"));
        var http = Shared.Api.NewClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", key.Key);
        return new KeyHolder(key.Id, http);
    }

    private sealed record KeyHolder(Guid Id, HttpClient Http) : IDisposable
    {
        public void Dispose() => Http.Dispose();
    }

    private sealed class Followed(HttpClient http, HttpResponseMessage answer, Stream body) : IAsyncDisposable
    {
        private readonly byte[] _room = new byte[4_096];

        public async Task Begin() => (await body.ReadAsync(_room)).ShouldBeGreaterThan(0);

        public async Task UntilEnd(CancellationToken cancellation)
        {
            while (await body.ReadAsync(_room, cancellation) > 0) { }
        }

        public async ValueTask DisposeAsync()
        {
            await body.DisposeAsync();
            answer.Dispose();
            http.Dispose();
        }
    }
}
