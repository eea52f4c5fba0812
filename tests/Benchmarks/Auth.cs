using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Api;
using SchemaHub.Application;
using SchemaHub.Application.Access;
using SchemaHub.Application.Identity;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.Identity;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Testing;

namespace SchemaHub.Benchmarks;

/// <summary>What it costs to know who asks, and to decide whether they may.</summary>
internal static class Auth
{
    private const int Connections = 64;
    private const int Tries = 500;
    private const string Route = "/api/v1/organization";
    private const string Open = "/benchmark/organization";
    private const string Bare = "/benchmark/bare";
    private const string OpenBare = "/benchmark/open-bare";

    public static async Task Measure(BenchmarkServer server, BenchmarkOptions options, Report report)
    {
        await using var site = await Site.Create(server);
        var key = await site.Service.Send(site.Organization, new CreateApiKey("benchmark"));
        await using var app = await Serve(site);
        var directory = app.Services.GetRequiredService<AccessDirectory>();
        while (!directory.IsListening)
            await Task.Delay(1);

        if (options.Wants("auth-request"))
            report.AddRate("auth-request", "requests/s", await Requests(app, options, key.Key, Route, Open));

        if (options.Wants("auth-bare"))
            report.AddRate("auth-bare", "requests/s", await Requests(app, options, key.Key, Bare, OpenBare));

        if (options.Wants("auth-key"))
            await CheckKey(directory, options, report, key.Key);

        if (options.Wants("auth-decision"))
            await Decide(app, options, report);

        if (options.Wants("auth-revocation"))
            await Revoke(site, directory, options, report);
    }

    /// <summary>
    /// The service as it is, and beside its routes two of our own: what a route does, for anybody, and a route that
    /// does nothing, with a key and for anybody.
    /// </summary>
    private static async Task<WebApplication> Serve(Site site)
    {
        var mail = new MailOptions { Directory = Path.Combine(site.Service.Installation.Keys.Directory, "mail") };
        var app = ApiHost.Create(
            site.Service.Installation,
            new ApiOptions
            {
                Urls = "http://127.0.0.1:0",
                Mail = mail,
                RequestsPerSecond = 1_000_000,
            }
        );
        app.MapGet(
                Open,
                async (RunAs runAs, HttpResponse response, CancellationToken cancellation) =>
                {
                    await using var scope = runAs.Operator(site.Tenant);
                    var found = await scope.Send(new GetOrganization(), cancellation);
                    response.Headers.ETag = $"\"{found.Version}\"";
                    return found;
                }
            )
            .AllowAnonymous();
        app.MapGet(Bare, () => "x");
        app.MapGet(OpenBare, () => "x").AllowAnonymous();
        await app.StartAsync();
        return app;
    }

    private static async Task<(double, double)> Requests(
        WebApplication app,
        BenchmarkOptions options,
        string key,
        string withKey,
        string open
    )
    {
        var service = new Uri(app.Urls.First());
        var authenticated = new KeepAlive[Connections];
        var anybody = new KeepAlive[Connections];
        for (var i = 0; i < Connections; i++)
        {
            authenticated[i] = await KeepAlive.Open(service, withKey, key);
            anybody[i] = await KeepAlive.Open(service, open, key: null);
        }

        try
        {
            return await Rounds.Compare(
                () => Rounds.Rate(Connections, options.Window, caller => authenticated[caller].Ask()),
                () => Rounds.Rate(Connections, options.Window, caller => anybody[caller].Ask())
            );
        }
        finally
        {
            foreach (var connection in authenticated.Concat(anybody))
                connection.Dispose();
        }
    }

    /// <summary>
    /// A key that is remembered. That the database is not asked shows in the count of the statements, and in that every
    /// answer is there at once, without anything made on the heap: no round trip does that. The floor is the SHA-256 of
    /// the key, which no look-up by hash does without.
    /// </summary>
    private static async Task CheckKey(AccessDirectory directory, BenchmarkOptions options, Report report, string key)
    {
        var times = options.Scaled(1_000_000);
        await directory.OfKey(key, CancellationToken.None);
        var asked = directory.Asked;
        var (value, floor) = await Rounds.Compare(
            () => Nanoseconds(times, () => Known(directory.OfKey(key, CancellationToken.None))),
            () => Nanoseconds(times, () => Hash(key))
        );
        report.AddNanoseconds("auth-key", (value, floor));
        var bytes = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < times; i++)
            Known(directory.OfKey(key, CancellationToken.None));

        report.Add("auth-key-bytes", "B", (GC.GetAllocatedBytesForCurrentThread() - bytes) / (double)times);
        report.Add("auth-key-asked", "statements", directory.Asked - asked);
    }

    /// <summary>
    /// What the pipeline does before a handler. The floor is the look-up in the set of permissions alone.
    /// </summary>
    private static async Task Decide(WebApplication app, BenchmarkOptions options, Report report)
    {
        var times = options.Scaled(1_000_000);
        await using var scope = app.Services.CreateAsyncScope();
        var permissions = SystemRoles.PermissionNames;
        scope
            .ServiceProvider.GetRequiredService<ScopeCaller>()
            .Set(new CommandContext { Actor = $"key:{Guid.CreateVersion7()}", Access = Access.Of(permissions) });
        var decision = scope
            .ServiceProvider.GetServices<IPipelineBehavior<GetOrganization, PublishedOrganization>>()
            .Single(behavior => behavior.GetType().Name.StartsWith("Authorization", StringComparison.Ordinal));
        var answer = Task.FromResult<PublishedOrganization>(null!);
        var request = new GetOrganization();
        var set = new HashSet<string>(permissions, StringComparer.Ordinal);
        report.AddNanoseconds(
            "auth-decision",
            await Rounds.Compare(
                () =>
                    Nanoseconds(
                        times,
                        () =>
                        {
                            if (!decision.Handle(request, CancellationToken.None, () => answer).IsCompletedSuccessfully)
                                throw new InvalidOperationException("It was not allowed.");
                        }
                    ),
                () =>
                    Nanoseconds(
                        times,
                        () =>
                        {
                            if (!set.Contains("organization:read"))
                                throw new InvalidOperationException("It is not in the set.");
                        }
                    )
            )
        );
    }

    /// <summary>
    /// From when a key's revocation is asked for at one node until another one, which remembered it, refuses it: the
    /// commit is part of it.
    /// </summary>
    private static async Task Revoke(Site site, AccessDirectory there, BenchmarkOptions options, Report report)
    {
        var took = new List<double>();
        for (var i = 0; i < options.Scaled(Tries); i++)
        {
            var key = await site.Service.Send(site.Organization, new CreateApiKey("to be revoked"));
            await there.OfKey(key.Key, CancellationToken.None);
            var start = Stopwatch.GetTimestamp();
            var revoked = site.Service.Send(site.Organization, new RevokeApiKey(key.Id));
            while (await there.OfKey(key.Key, CancellationToken.None) is not null)
                await Task.Yield();

            took.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            await revoked;
        }

        took.Sort();
        report.Add("auth-revocation-p50", "ms", took[took.Count / 2]);
        report.Add("auth-revocation-p99", "ms", took[took.Count * 99 / 100]);
        report.Add("auth-revocation-max", "ms", took[^1]);
    }

    private static Task<double> Nanoseconds(int times, Action work)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < times; i++)
            work();

        return Task.FromResult(Stopwatch.GetElapsedTime(start).TotalNanoseconds / times);
    }

    private static void Known(ValueTask<KnownCaller?> caller)
    {
        if (!caller.IsCompletedSuccessfully || caller.Result is null)
            throw new InvalidOperationException("The key was not remembered.");
    }

    private static void Hash(string key)
    {
        Span<byte> ascii = stackalloc byte[128];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(ascii[..Encoding.ASCII.GetBytes(key, ascii)], hash);
    }
}
