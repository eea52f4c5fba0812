using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using SchemaHub.Api.Http;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Application.Contacts;
using SchemaHub.Testing;
using static SchemaHub.Api.Specs.Support.TestTenant;

namespace SchemaHub.Api.Specs.Http;

public sealed class FailuresSpec
{
    private const string Secret = "hush.hush@example.com";

    [TestCase(typeof(InvalidOperationException))]
    [TestCase(typeof(IOException))]
    public async Task A_failure_of_ours_tells_the_client_a_trace_id_and_nothing_else(Type failure)
    {
        using var lines = new LogLines();
        await using var api = await TestApi.StartBeside(
            customize: builder => builder.Logging.AddProvider(lines),
            map: app =>
                app.MapGet(
                        "/fails",
                        IResult () => throw (Exception)Activator.CreateInstance(failure, "inner workings")!
                    )
                    .AllowAnonymous()
        );

        using var answer = await api.NewClient().GetAsync(new Uri("/fails", UriKind.Relative));

        var problem = (await Answer.Of(answer)).ShouldBeProblem(500, "service.failed");
        problem.Body.ShouldNotContain("inner");
        var traceId = problem.Json.GetProperty("traceId").GetString()!;
        lines.All.ShouldContain(line =>
            line.Contains(traceId) && line.Contains("inner workings") && line.Contains("GET /fails")
        );
        problem.Headers.ShouldContain("nosniff");
    }

    [Test]
    public async Task No_log_holds_what_a_person_is_known_by()
    {
        using var lines = new LogLines();
        await using var api = await TestApi.StartBeside(
            customize: builder => builder.Logging.AddProvider(lines),
            map: app => app.MapPost("/fails", FailInTheDatabase).AllowAnonymous()
        );
        using var ours = await api.NewTenant();

        var id = await ours.Subscribe(Secret);
        await ours.Post(List, $$"""{"email":"{{Secret}}"}""");
        await ours.Post(List, $$"""{"email":"{{Secret}}","oops":1}""");
        await ours.Post(List, $$"""{"email":"{{Secret}}""");
        await ours.Get($"{List}?email={Uri.EscapeDataString(Secret)}");
        await ours.Get($"{List}?limit={Secret}");
        await ours.Post(Contact(id, "/erasures"), headers: ("User-Agent", Secret));
        (await ours.Post("/fails")).ShouldBeProblem(500, "service.failed").Body.ShouldNotContain(Secret);

        lines.All.ShouldNotBeEmpty();
        lines.All.ShouldAllBe(line => !line.Contains("hush"));
    }

    [Test]
    public async Task A_request_that_takes_too_long_is_ended()
    {
        await using var api = await TestApi.StartBeside(
            new ApiOptions { RequestTimeoutSeconds = 1 },
            map: app =>
                app.MapGet("/slow", (CancellationToken ended) => Task.Delay(Timeout.Infinite, ended)).AllowAnonymous()
        );

        using var answer = await api.NewClient().GetAsync(new Uri("/slow", UriKind.Relative));

        (await Answer.Of(answer)).ShouldBeProblem(504, "service.timeout");
    }

    [Test]
    public async Task Too_many_requests_of_one_key_are_refused_and_another_key_is_not()
    {
        await using var api = await TestApi.StartBeside(new ApiOptions { RequestsPerSecond = 2 });
        using var ours = await api.NewTenant();
        using var theirs = await api.NewTenant();

        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => ours.Get(List)));

        var refused = answers.First(answer => answer.Status == HttpStatusCode.TooManyRequests);
        refused.ShouldBeProblem(429, "rate.exceeded").Headers.ShouldContain("Retry-After: 1");
        answers.ShouldContain(answer => answer.Status == HttpStatusCode.OK);
        (await theirs.Get(List)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Test]
    public async Task Public_forms_are_limited_by_address_and_an_IPv6_network_is_one_address()
    {
        await using var api = await TestApi.StartBeside(
            new ApiOptions { FormsPerMinute = 2, TrustedProxies = ["127.0.0.1"] },
            map: app => app.MapGet("/form", () => "").AllowAnonymous().RequireRateLimiting(Limits.PublicForms)
        );

        (await From("2001:db8::1")).ShouldBe(HttpStatusCode.OK);
        (await From("2001:db8::2")).ShouldBe(HttpStatusCode.OK);
        (await From("2001:db8::ffff:3")).ShouldBe(HttpStatusCode.TooManyRequests);
        (await From("2001:db8:0:1::1")).ShouldBe(HttpStatusCode.OK);
        (await From("203.0.113.7")).ShouldBe(HttpStatusCode.OK);

        async Task<HttpStatusCode> From(string address)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/form");
            request.Headers.Add("X-Forwarded-For", address);
            using var answer = await api.NewClient().SendAsync(request);
            return answer.StatusCode;
        }
    }

    [Test]
    public async Task A_healthy_service_is_live_and_ready()
    {
        using var stranger = Shared.Api.NewClient();

        foreach (var path in new[] { "/health/live", "/health/ready" })
        {
            using var answer = await stranger.GetAsync(new Uri(path, UriKind.Relative));
            (await Answer.Of(answer)).Json.GetProperty("status").GetString().ShouldBe("Healthy");
        }
    }

    [TestCase("master.key", "keys")]
    [TestCase("journal.log", "journal")]
    public async Task A_lost_key_or_journal_is_named_by_readiness(string file, string check)
    {
        await using var api = await TestApi.StartAlone();
        foreach (
            var lost in Directory.GetFiles(
                api.Installation.Keys.Directory,
                file.Replace(".log", "*", StringComparison.Ordinal)
            )
        )
            File.Delete(lost);

        await ShouldNotBeReady(api, check);
    }

    [Test]
    [NeedsPrivateServer]
    public async Task Without_its_database_the_service_says_so_and_asks_to_come_again()
    {
        var server = await TestServer.Start();
        await using var api = await TestApi.StartAlone(server.ConnectionString);
        using var ours = await api.NewTenant();
        await server.DisposeAsync();

        await ShouldNotBeReady(api, "database");
        (await ours.Get(List)).ShouldBeProblem(503, "service.unavailable").Headers.ShouldContain("Retry-After: 5");
        (await ours.Post(List, """{"email":"ann@example.com"}""")).ShouldBeProblem(503, "service.unavailable");
        using var live = await api.NewClient().GetAsync(new Uri("/health/live", UriKind.Relative));
        live.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Test]
    public async Task While_the_log_cannot_be_written_changes_end_with_the_requests_time_and_readiness_says_why()
    {
        await using var api = await TestApi.StartAlone(options: new ApiOptions { RequestTimeoutSeconds = 2 });
        using var ours = await api.NewTenant();
        await using var connection = await api.Installation.Administrator.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var hold = new NpgsqlCommand("select pg_advisory_xact_lock(x'53484C4F47'::bigint)", connection);
        await hold.ExecuteNonQueryAsync();

        var asked = Stopwatch.StartNew();
        var first = await ours.Post(List, """{"email":"ann@example.com"}""");
        var second = await ours.Post(List, """{"email":"bob@example.com"}""");
        asked.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(12));
        first.ShouldBeProblem(503, "service.unavailable").Headers.ShouldContain("Retry-After: 5");
        first.Body.ShouldContain("Nothing is known to be stored");
        second.ShouldBeProblem(503, "service.unavailable").Body.ShouldContain("It was not stored");
        await ShouldNotBeReady(api, "log");

        await transaction.RollbackAsync();
        await Eventually.True(async () =>
            (await ours.Post(List, """{"email":"cem@example.com"}""")).Status == HttpStatusCode.Created
        );
        (await ours.Get(List)).Body.ShouldNotContain("bob@example.com");
        using var ready = await api.NewClient().GetAsync(new Uri("/health/ready", UriKind.Relative));
        ready.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    // Every kind of server's failure, thrown where a query would throw it.
    [TestCase("53100")]
    [TestCase("57P01")]
    [TestCase("58030")]
    [TestCase("XX001")]
    [TestCase("25006")]
    [TestCase("08006")]
    [TestCase("55P03")]
    [TestCase("57014")]
    public async Task A_failure_of_the_server_is_an_outage(string state)
    {
        await using var api = await TestApi.StartBeside(map: app =>
            app.MapGet("/fails", () => RaiseInTheDatabase(app.Services, state)).AllowAnonymous()
        );

        using var answer = await api.NewClient().GetAsync(new Uri("/fails", UriKind.Relative));

        (await Answer.Of(answer)).ShouldBeProblem(503, "service.unavailable").Headers.ShouldContain("Retry-After: 5");
    }

    [TestCase(true, 422, "mail.refused")]
    [TestCase(false, 503, "mail.not_sent")]
    public async Task A_mail_that_was_not_sent_is_no_failure_of_ours(bool isForGood, int status, string code)
    {
        await using var api = await TestApi.StartBeside(map: app =>
            app.MapGet("/unsent", IResult () => throw new MailNotSentException("It was not taken.", isForGood))
                .AllowAnonymous()
        );

        using var answer = await api.NewClient().GetAsync(new Uri("/unsent", UriKind.Relative));

        (await Answer.Of(answer)).ShouldBeProblem(status, code);
    }

    private static async Task RaiseInTheDatabase(IServiceProvider services, string state)
    {
        var installation = services.GetRequiredService<SchemaHub.Infrastructure.Database.Installation>();
        await using var command = installation.Writer.CreateCommand(
            $"do $$ begin raise exception 'down' using errcode = '{state}'; end $$"
        );
        await command.ExecuteNonQueryAsync();
    }

    private static async Task ShouldNotBeReady(TestApi api, string check)
    {
        using var answer = await api.NewClient().GetAsync(new Uri("/health/ready", UriKind.Relative));
        var health = await Answer.Of(answer);
        health.Status.ShouldBe(HttpStatusCode.ServiceUnavailable, health.Body);
        var found = health.Json.GetProperty("checks").GetProperty(check);
        found.GetProperty("status").GetString().ShouldBe("Unhealthy");
        found.GetProperty("description").GetString().ShouldNotBeNullOrEmpty();
        health.Body.ShouldNotContain(api.Installation.Keys.Directory);
    }

    // The database quotes the value in its message.
    private static async Task FailInTheDatabase(SchemaHub.Infrastructure.Database.Installation installation)
    {
        await using var command = installation.Writer.CreateCommand("select $1::text::uuid");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Secret });
        await command.ExecuteNonQueryAsync();
    }

    private sealed class LogLines : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyCollection<string> All => _lines;

        public ILogger CreateLogger(string categoryName) => this;

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => _lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose() => _lines.Clear();
    }
}
