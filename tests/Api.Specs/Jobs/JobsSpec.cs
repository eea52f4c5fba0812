using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Application;
using SchemaHub.Application.Jobs;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.Jobs;

/// <summary>Jobs over HTTP: everybody's own, and all for the operator.</summary>
public sealed class JobsSpec : TenantSpec
{
    private const string Jobs = "/api/v1/jobs";
    private const string Token = "op_7d3a-only-for-this-spec";

    private static readonly string TokenHash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Token)));

    [Test]
    public async Task An_organization_sees_its_own_jobs_and_runs_and_the_operator_sees_all()
    {
        using var theirs = await Shared.Api.NewTenant();
        var job = await Later(theirs.Organization);
        var run = await Run(theirs);

        (await Ours.Get(Jobs)).Json.GetProperty("items").GetArrayLength().ShouldBe(0);
        (await Ours.Get($"{Jobs}/runs")).Json.GetProperty("items").GetArrayLength().ShouldBe(0);
        (await Ours.Get($"{Jobs}/counts")).Json.GetProperty("waiting").GetInt32().ShouldBe(0);
        (await Ours.Get($"{Jobs}/recurring")).Json.GetProperty("items").GetArrayLength().ShouldBe(0);
        (await Ours.Get($"{Jobs}/{job}")).ShouldBeProblem(404, "job.not_found");
        (await Ours.Post($"{Jobs}/recurring/quota.reset/pause")).ShouldBeProblem(404, "recurring_job.not_found");

        Ids(await theirs.Get(Jobs)).ShouldBe([job.ToString()]);
        Ids(await theirs.Get($"{Jobs}/runs"), "job").ShouldBe([run.ToString()]);
        (await theirs.Get($"{Jobs}/{job}")).Json.GetProperty("name").GetString().ShouldBe("quota.reset");

        await using var node = await TestApi.StartBeside(new ApiOptions { OperatorTokenSha256 = TokenHash });
        using var operators = Operator(node);
        Ids(await Get(operators, $"{Jobs}?limit=200")).ShouldContain(job.ToString());
        Ids(await Get(operators, $"{Jobs}/runs?limit=200"), "job").ShouldContain(run.ToString());
        (await Get(operators, $"{Jobs}/recurring")).Body.ShouldContain("quota.reset");
    }

    [Test]
    public async Task The_operator_pauses_resumes_and_runs_what_recurs()
    {
        await using var node = await TestApi.StartBeside(new ApiOptions { OperatorTokenSha256 = TokenHash });
        using var operators = Operator(node);

        (await Post(operators, $"{Jobs}/recurring/privacy.watch/pause")).Status.ShouldBe(HttpStatusCode.NoContent);
        var paused = await Recurring(operators, "privacy.watch");
        paused.GetProperty("isPaused").GetBoolean().ShouldBeTrue();
        paused.GetProperty("nextAt").ValueKind.ShouldBe(JsonValueKind.Null);
        paused.TryGetProperty("organization", out _).ShouldBeFalse("what recurs is the installation's");

        (await Post(operators, $"{Jobs}/recurring/privacy.watch/resume")).Status.ShouldBe(HttpStatusCode.NoContent);
        var resumed = await Recurring(operators, "privacy.watch");
        resumed.GetProperty("isPaused").GetBoolean().ShouldBeFalse();
        resumed.GetProperty("nextAt").GetDateTimeOffset().ShouldBeGreaterThan(TimeProvider.System.GetUtcNow());

        (await Post(operators, $"{Jobs}/recurring/privacy.watch/run")).Status.ShouldBe(HttpStatusCode.NoContent);
        await Eventually.True(async () =>
            Ids(await Get(operators, $"{Jobs}/runs?name=privacy.watch"), "job").Count > 0
        );
        (await Post(operators, $"{Jobs}/recurring/unknown/run")).ShouldBeProblem(404, "recurring_job.not_found");
    }

    [Test]
    public async Task The_operators_token_opens_nothing_of_an_organization_and_is_off_unless_it_is_set()
    {
        await using var node = await TestApi.StartBeside(new ApiOptions { OperatorTokenSha256 = TokenHash });
        using var operators = Operator(node);
        (await Get(operators, $"{Jobs}/counts")).Status.ShouldBe(HttpStatusCode.OK);
        (await Get(operators, TestTenant.List)).ShouldBeProblem(403, "access.refused");

        using var elsewhere = Operator(Shared.Api);
        (await Get(elsewhere, Jobs)).ShouldBeProblem(401, "authentication.required");
        Should
            .Throw<InvalidOperationException>(() => new Security.OperatorToken("short"))
            .Message.ShouldContain("OperatorTokenSha256");
        new Security.OperatorToken(null).Is("").ShouldBeFalse();
    }

    [Test]
    public async Task A_job_is_run_before_its_time_and_taken_back_but_not_paused()
    {
        var job = await Later(Ours.Organization);

        (await Ours.Post($"{Jobs}/{job}/pause")).ShouldBeProblem(404, "route.not_found");
        (await Ours.Post($"{Jobs}/{job}/resume")).ShouldBeProblem(404, "route.not_found");
        (await Ours.Post($"{Jobs}/{job}/retry")).ShouldBeProblem(409, "job.state");
        Ids(await Ours.Get($"{Jobs}?state=waiting")).ShouldBe([job.ToString()]);
        (await Counts(Ours)).ShouldBe("running 0, due 0, waiting 1, failed 0");
        (await Ours.Post($"{Jobs}/{job}/run")).Status.ShouldBe(HttpStatusCode.NoContent);
        await UntilDone(Ours, job);

        var other = await Later(Ours.Organization);
        (await Ours.Send(HttpMethod.Delete, $"{Jobs}/{other}")).Status.ShouldBe(HttpStatusCode.NoContent);
        (await Ours.Get($"{Jobs}/{other}")).ShouldBeProblem(404, "job.not_found");
    }

    [Test]
    public async Task A_failed_job_says_why_and_to_the_operator_where_until_it_is_retried_or_given_up()
    {
        var (job, other) = (await Failed(Ours), await Failed(Ours));
        var shown = (await Ours.Get($"{Jobs}/{job}")).Json;
        shown.GetProperty("state").GetString().ShouldBe("failed");
        shown.GetProperty("error").GetString()!.ShouldStartWith("The stored command cannot be read");
        shown.GetProperty("failedAt").GetDateTimeOffset().ShouldBeLessThanOrEqualTo(TimeProvider.System.GetUtcNow());
        shown.GetProperty("stack").ValueKind.ShouldBe(JsonValueKind.Null);
        Ids(await Ours.Get($"{Jobs}?state=failed")).ShouldBe([job.ToString(), other.ToString()], ignoreOrder: true);
        (await Counts(Ours)).ShouldBe("running 0, due 0, waiting 0, failed 2");

        await using var node = await TestApi.StartBeside(new ApiOptions { OperatorTokenSha256 = TokenHash });
        using var operators = Operator(node);
        (await Get(operators, $"{Jobs}/{job}")).Json.GetProperty("stack").GetString()!.ShouldContain("FromJson");

        (await Ours.Send(HttpMethod.Delete, $"{Jobs}/{other}")).Status.ShouldBe(HttpStatusCode.NoContent);
        (await Ours.Get($"{Jobs}/{other}")).ShouldBeProblem(404, "job.not_found");
        await SetCommand(job, "{}");
        (await Ours.Post($"{Jobs}/{job}/retry")).Status.ShouldBe(HttpStatusCode.NoContent);
        await UntilDone(Ours, job);
        Ids(await Ours.Get($"{Jobs}/runs?status=success&name=quota.reset&job={job}"), "job").ShouldBe([job.ToString()]);
        var buckets = (await Ours.Get($"{Jobs}/throughput?name=quota.reset")).Json;
        buckets.GetArrayLength().ShouldBeInRange(60, 61);
        buckets.EnumerateArray().Sum(bucket => bucket.GetProperty("succeeded").GetInt32()).ShouldBe(1);
        buckets.EnumerateArray().Sum(bucket => bucket.GetProperty("failed").GetInt32()).ShouldBe(2);
    }

    [Test]
    public async Task Lists_are_paged_in_order()
    {
        var jobs = new List<string>();
        for (var number = 0; number < 5; number++)
            jobs.Add((await Later(Ours.Organization, number)).ToString());

        var (seen, next) = (new List<string>(), "");
        do
        {
            var page = await Ours.Get($"{Jobs}?limit=2{next}");
            seen.AddRange(Ids(page));
            next = page.Json.GetProperty("next").GetString() is { } token ? $"&after={token}" : "";
        } while (next.Length > 0);

        seen.ShouldBe(jobs);
        foreach (var state in new[] { "gone", "paused" })
            (await Ours.Get($"{Jobs}?state={state}"))
                .ShouldBeProblem(422, "request.invalid")
                .Rules("state")
                .ShouldContain("one of");

        (await Ours.Get($"{Jobs}?after=x")).ShouldBeProblem(400, "request.malformed");
        (await Ours.Get($"{Jobs}/runs?status=odd"))
            .ShouldBeProblem(422, "request.invalid")
            .Rules("status")
            .ShouldNotBeEmpty();
        (await Ours.Get($"{Jobs}/throughput?bucketSeconds=0")).ShouldBeProblem(422, "request.invalid");
        (await Ours.Get($"{Jobs}/throughput?from=2020-01-01T00:00:00Z&bucketSeconds=1"))
            .ShouldBeProblem(422, "request.invalid")
            .Rules("bucketSeconds")
            .ShouldContain("1000");
    }

    [Test]
    public async Task Changes_are_told_live_and_a_stream_goes_on_where_it_broke()
    {
        using var theirs = await Shared.Api.NewTenant();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using var live = await Listen(Ours, lastId: null, deadline.Token);
        (await live.Next("counts", deadline.Token)).ShouldContain("\"waiting\":0");

        await Run(theirs);
        var run = await Run(Ours);
        var told = await live.Next("run", deadline.Token);
        told.ShouldContain(run.ToString());

        var again = await Run(Ours);
        await using var resumed = await Listen(Ours, live.LastId, deadline.Token);
        (await resumed.Next("run", deadline.Token)).ShouldContain(again.ToString());
        (await Ours.Send(HttpMethod.Get, $"{Jobs}/events", json: null, ("Last-Event-ID", "x"))).ShouldBeProblem(
            400,
            "request.malformed"
        );
    }

    private static HttpClient Operator(TestApi api)
    {
        var client = api.NewClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        return client;
    }

    private static async Task<Answer> Get(HttpClient client, string path)
    {
        using var response = await client.GetAsync(new Uri(path, UriKind.Relative));
        return await Answer.Of(response);
    }

    private static async Task<Answer> Post(HttpClient client, string path)
    {
        using var response = await client.PostAsync(new Uri(path, UriKind.Relative), content: null);
        return await Answer.Of(response);
    }

    private static List<string> Ids(Answer page, string field = "id") =>
        [.. page.Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty(field).GetString()!)];

    private static Task<Guid> Later(Guid organization, int minutes = 0) =>
        As(
            organization,
            jobs =>
                jobs.Schedule(
                    new ResetQuotas(),
                    TimeProvider.System.GetUtcNow().AddHours(1).AddMinutes(minutes),
                    default
                )
        );

    private static async Task<Guid> Run(TestTenant tenant)
    {
        var job = await As(tenant.Organization, jobs => jobs.Enqueue(new ResetQuotas(), default));
        await UntilDone(tenant, job);
        return job;
    }

    /// <summary>A job that failed for good: a node ran it, and could not read its command.</summary>
    private static async Task<Guid> Failed(TestTenant tenant)
    {
        var job = await Later(tenant.Organization);
        await SetCommand(job, "[]");
        (await tenant.Post($"{Jobs}/{job}/run")).Status.ShouldBe(HttpStatusCode.NoContent);
        await Eventually.True(async () =>
            (await tenant.Get($"{Jobs}/{job}")).Json.GetProperty("state").GetString() == "failed"
        );
        return job;
    }

    /// <summary>Hangfire stores the name of the command, then the command, each as JSON in JSON.</summary>
    private static async Task SetCommand(Guid job, string json)
    {
        await using var command = Shared.Api.Installation.Administrator.CreateCommand(
            """
            update hangfire.job h
            set arguments = jsonb_set(h.arguments, '{1}', to_jsonb(to_json($2)::text))
            from jobs.jobs j
            where j.id = $1 and h.id = j.hangfire_id
            """
        );
        command.Parameters.AddWithValue(job);
        command.Parameters.AddWithValue(json);
        (await command.ExecuteNonQueryAsync()).ShouldBe(1);
    }

    private static async Task<string> Counts(TestTenant tenant)
    {
        var counts = (await tenant.Get($"{Jobs}/counts")).Json;
        return string.Join(", ", counts.EnumerateObject().Select(count => $"{count.Name} {count.Value}"));
    }

    private static async Task<JsonElement> Recurring(HttpClient client, string name) =>
        (await Get(client, $"{Jobs}/recurring"))
            .Json.GetProperty("items")
            .EnumerateArray()
            .Single(item => item.GetProperty("name").GetString() == name);

    private static Task UntilDone(TestTenant tenant, Guid job) =>
        Eventually.True(async () => (await tenant.Get($"{Jobs}/{job}")).Status == HttpStatusCode.NotFound);

    private static async Task<T> As<T>(Guid organization, Func<IBackgroundJobs, Task<T>> work)
    {
        await using var scope = Shared.Api.App.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<ScopeCaller>().Set(RunAs.OperatorContext(organization.ToString()));
        return await work(scope.ServiceProvider.GetRequiredService<IBackgroundJobs>());
    }

    private static async Task<LiveEvents> Listen(TestTenant tenant, string? lastId, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Jobs}/events");
        if (lastId is not null)
            request.Headers.Add("Last-Event-ID", lastId);

        var response = await tenant.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        return new LiveEvents(response, await response.Content.ReadAsStreamAsync(cancellation));
    }
}
