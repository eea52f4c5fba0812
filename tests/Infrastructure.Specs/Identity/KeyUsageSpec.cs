using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using SchemaHub.Application;
using SchemaHub.Application.Access;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Identity;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Identity;

/// <summary>How often keys are used, and from where.</summary>
public sealed class KeyUsageSpec
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly IPAddress Office = IPAddress.Parse("192.0.2.7");

    private FakeTimeProvider _clock = new(Start);
    private TestService? _service;
    private Guid _acme;
    private NewApiKey? _key;

    private TestService Service => _service ?? throw new InvalidOperationException("The spec has not started.");

    private KeyUsage Usage => Service.Services.GetRequiredService<KeyUsage>();

    [SetUp]
    public async Task NewKey()
    {
        _clock = new FakeTimeProvider(Start);
        _service = await TestService.Create(services => services.AddSingleton<TimeProvider>(_clock));
        _acme = await Service.CreateOrganization("acme");
        _key = await Service.Send(_acme, new CreateApiKey("shop"));
    }

    [TearDown]
    public async Task Stop() => await Service.DisposeAsync();

    [Test]
    public async Task Uses_are_counted_in_memory_and_shown_once_written()
    {
        var known = await Known();
        Parallel.For(0, 10_000, _ => Usage.Count(known, Office));
        _clock.SetUtcNow(Start.AddSeconds(5));
        Usage.Count(known, IPAddress.Parse("2001:db8:1:2::7"));
        (await Shown()).UsageCount.ShouldBe(0);

        await Usage.Flush(CancellationToken.None);

        var shown = await Shown();
        (shown.UsageCount, shown.LastUsedAt).ShouldBe((10_001, Start.AddSeconds(5)));
        (
            await Service.Scalar<string>(
                """
                select concat_ws('|', s.usage_count, s.last_used_at = p.last_used_at, p.last_used_at = h.last_used_at,
                    extract(epoch from h.last_used_at)::bigint)
                from saas.api_keys s, podcast.api_keys p, smarthub.api_keys h
                """
            )
        ).ShouldBe($"10001|t|t|{Start.AddSeconds(5).ToUnixTimeSeconds()}");
    }

    [Test]
    public async Task None_is_lost_while_others_are_written()
    {
        var known = await Known();
        var counting = Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(_ =>
                    Task.Run(() =>
                    {
                        for (var i = 0; i < 20_000; i++)
                            Usage.Count(known, Office);
                    })
                )
        );
        while (!counting.IsCompleted)
            await Usage.Flush(CancellationToken.None);

        await counting;
        await Usage.Flush(CancellationToken.None);
        (await Shown()).UsageCount.ShouldBe(80_000);
    }

    [Test]
    public async Task What_cannot_be_written_is_counted_on()
    {
        Usage.Count(await Known(), Office);
        await Service.Execute("alter table access.key_usage rename to key_usage_away");
        await Usage.Flush(CancellationToken.None);
        await Service.Execute("alter table access.key_usage_away rename to key_usage");

        await Usage.Flush(CancellationToken.None);

        (await Shown()).UsageCount.ShouldBe(1);
    }

    [Test]
    public async Task A_rebuild_leaves_what_was_counted()
    {
        Usage.Count(await Known(), Office);
        await Usage.Flush(CancellationToken.None);

        foreach (var schema in new[] { "access", "saas", "podcast", "smarthub" })
            (await new Rebuild(Service.Installation, schema).Run(CancellationToken.None)).RowsMended.ShouldBe(
                0,
                schema
            );

        (await Shown()).UsageCount.ShouldBe(1);
        (await Service.Scalar<int>("select usage_count from saas.api_keys")).ShouldBe(1);
    }

    [Test]
    public async Task A_place_that_is_new_to_a_key_is_noted_and_its_first_one_is_not()
    {
        var notes = new Notes();
        var usage = new KeyUsage(Service.Installation, notes, _clock, NullLogger<KeyUsage>.Instance);
        var known = await Known();

        await Use(usage, known, "192.0.2.7", "192.0.2.8", "::ffff:192.0.2.9");
        notes.Taken.ShouldBeEmpty();

        await Use(usage, known, "192.0.2.200", "192.0.3.1", "2001:db8:1:2::7", "2001:db8:1:3::7");
        notes
            .Taken.Select(note => note.Details!["network"])
            .ShouldBe(["192.0.3.0/24", "2001:db8:1::/48"], ignoreOrder: true);
        notes.Taken[0].Kind.ShouldBe("api_key_new_network");
        notes.Taken[0].Severity.ShouldBe(Severity.Medium);
        notes.Contexts[0].Actor.ShouldBe($"key:{_key!.Id}");
        notes.Contexts[0].Tenant.ShouldBe(_acme.ToString());

        await Use(usage, known, "192.0.3.1", "192.0.2.7", "2001:db8:1:2::7");
        notes.Taken.Count.ShouldBe(2);
    }

    private static async Task Use(KeyUsage usage, KnownCaller known, params string[] addresses)
    {
        foreach (var address in addresses)
            usage.Count(known, IPAddress.Parse(address));

        await usage.Flush(CancellationToken.None);
    }

    private async Task<KnownCaller> Known() =>
        (
            await Service.Services.GetRequiredService<AccessDirectory>().OfKey(_key!.Key, CancellationToken.None)
        ).ShouldNotBeNull();

    private Task<PublishedApiKey> Shown() => Service.Send(_acme, new GetApiKey(_key!.Id));

    private sealed class Notes : ISecurityLog
    {
        public List<SecurityIncident> Taken { get; } = [];

        public List<CommandContext> Contexts { get; } = [];

        public void Report(CommandContext context, SecurityIncident incident)
        {
            Contexts.Add(context);
            Taken.Add(incident);
        }
    }
}
