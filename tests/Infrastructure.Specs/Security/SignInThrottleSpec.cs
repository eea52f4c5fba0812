using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure.Security;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Security;

/// <summary>Failed sign-ins are counted so that guessing is slow, and nobody can shut somebody else out.</summary>
[TestFixture]
public sealed class SignInThrottleSpec
{
    private static readonly IPAddress Here = IPAddress.Parse("203.0.113.9");

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private TestService _service = null!;
    private SignInThrottle _throttle = null!;

    [OneTimeSetUp]
    public async Task Start() => _service = await TestService.Create();

    [OneTimeTearDown]
    public async Task End() => await _service.DisposeAsync();

    [SetUp]
    public async Task Forget()
    {
        await _service.Execute("delete from access.sign_in_throttle");
        _throttle = Node();
    }

    [TearDown]
    public void Close() => _throttle.Dispose();

    [Test]
    public async Task An_account_is_tried_ten_times_from_one_network_in_a_quarter_of_an_hour()
    {
        var account = Guid.CreateVersion7();
        await Fail(account, Here, times: 10);

        var refused = await Should.ThrowAsync<SignInThrottledException>(() => Try(account, Here));
        (refused.Scope, refused.IsFirst).ShouldBe(("account_network", true));
        refused.RetryAfter.ShouldBe(TimeSpan.FromMinutes(15));
        (await Should.ThrowAsync<SignInThrottledException>(() => Try(account, Here))).IsFirst.ShouldBeFalse();
        await Try(Guid.CreateVersion7(), Here);
        await Try(account, IPAddress.Parse("198.51.100.7"));

        _clock.Advance(TimeSpan.FromMinutes(15));
        await Try(account, Here);
    }

    [Test]
    public async Task Another_node_counts_on_and_reports_only_what_the_first_did_not()
    {
        var account = Guid.CreateVersion7();
        await Fail(account, Here, times: 10);
        await Should.ThrowAsync<SignInThrottledException>(() => Try(account, Here));
        using var other = Node();

        (
            await Should.ThrowAsync<SignInThrottledException>(() => other.Begin(account, Here, null, default))
        ).IsFirst.ShouldBeFalse();
    }

    [Test]
    public async Task A_network_is_let_near_fifty_passwords_whatever_the_accounts()
    {
        for (var i = 0; i < 50; i++)
            await Try(Guid.CreateVersion7(), Here);

        (await Should.ThrowAsync<SignInThrottledException>(() => Try(Guid.CreateVersion7(), Here))).Scope.ShouldBe(
            "network"
        );
    }

    [Test]
    public async Task Whoever_has_one_address_of_an_IPv6_network_has_them_all()
    {
        var account = Guid.CreateVersion7();
        for (var i = 0; i < 10; i++)
            await Try(account, IPAddress.Parse($"2001:db8:0:1::{i + 1:x}"));

        await Should.ThrowAsync<SignInThrottledException>(() => Try(account, IPAddress.Parse("2001:db8:0:1:ffff::1")));
        await Try(account, IPAddress.Parse("2001:db8:0:2::1"));
    }

    [TestCase("2001:db8:1:00{0:x2}::1", 20, "a /56")]
    [TestCase("2001:db8:1:{0:x}00::1", 30, "a /48")]
    [TestCase("198.51.100.{0}", 30, "a /24 of IPv4")]
    public async Task Neighbouring_networks_are_counted_together(string form, int most, string network)
    {
        var account = Guid.CreateVersion7();

        (await Guess(account, Enumerable.Range(1, 250).Select(i => Address(form, i)))).ShouldBe(most, network);
        await Try(account, Here);
    }

    [Test]
    public async Task A_hundred_failures_from_ten_networks_of_one_customer_do_not_reach_the_accounts_own_count()
    {
        var account = Guid.CreateVersion7();
        var tried = Enumerable.Range(0, 100).Select(i => Address("2001:db8:5:{0:x}::1", i % 10));

        (await Guess(account, tried)).ShouldBe(20);
        // The owner, from elsewhere and on a device that nobody has seen before.
        await Try(account, Here);
        await Try(account, IPAddress.Parse("2001:db8:6::1"));
    }

    [Test]
    public async Task All_networks_together_try_at_most_a_hundred_passwords_a_day()
    {
        var account = Guid.CreateVersion7();
        var letIn = 0;
        for (var hour = 0; hour < 23; hour++, _clock.Advance(TimeSpan.FromHours(1)))
            letIn += await Guess(account, Enumerable.Range(0, 50).Select(i => Address($"10.{hour}.{{0}}.1", i)));

        letIn.ShouldBe(100);
    }

    [Test]
    public async Task Attempts_that_are_refused_or_forgiven_leave_no_rows()
    {
        var account = Guid.CreateVersion7();
        await _throttle.Forgive(await Try(account, Here), default);
        (await _service.Rows("access.sign_in_throttle")).ShouldBeEmpty();

        await Fail(account, Here, times: 10);
        var rows = (await _service.Rows("access.sign_in_throttle")).Count;
        await Guess(account, Enumerable.Repeat(Here, 50));
        (await _service.Rows("access.sign_in_throttle")).Count.ShouldBe(rows);
    }

    [Test]
    public async Task Strangers_from_everywhere_shut_out_strangers_and_not_the_device_that_was_here_before()
    {
        var account = Guid.CreateVersion7();
        var device = Guid.CreateVersion7();
        for (var network = 0; network < 100; network++)
            await Try(account, IPAddress.Parse($"198.51.{network}.7"));

        var refused = await Should.ThrowAsync<SignInThrottledException>(() => Try(account, Here));
        refused.Scope.ShouldBe("account");
        refused.RetryAfter.ShouldBe(TimeSpan.FromDays(1));
        refused.Message.ShouldContain("device-links");
        // From the attackers' own network, too.
        await _throttle.Begin(account, IPAddress.Parse("198.51.1.7"), device, default);
        await _throttle.Begin(account, Here, device, default);
    }

    [Test]
    public async Task A_device_is_held_to_its_own_count()
    {
        var account = Guid.CreateVersion7();
        var device = Guid.CreateVersion7();
        for (var i = 0; i < 10; i++)
            await _throttle.Begin(account, IPAddress.Parse($"198.51.100.{i}"), device, default);

        (
            await Should.ThrowAsync<SignInThrottledException>(() => _throttle.Begin(account, Here, device, default))
        ).Scope.ShouldBe("device");
        await _throttle.Begin(account, Here, Guid.CreateVersion7(), default);
        await Try(account, Here);
    }

    [Test]
    public async Task What_was_right_does_not_count()
    {
        var account = Guid.CreateVersion7();
        for (var i = 0; i < 60; i++)
            await _throttle.Forgive(await Try(account, Here), default);

        await Try(account, Here);
    }

    [Test]
    public async Task What_is_refused_counts_for_nobody_else()
    {
        var account = Guid.CreateVersion7();
        await Fail(account, Here, times: 10);
        for (var i = 0; i < 200; i++)
        {
            // Other nodes, which do not remember yet, count in the database.
            using var other = Node();
            await Should.ThrowAsync<SignInThrottledException>(() => other.Begin(account, Here, null, default));
        }

        await Try(account, IPAddress.Parse("198.51.100.7"));
        await Try(Guid.CreateVersion7(), Here);
    }

    [Test]
    public async Task A_hundred_at_once_are_no_way_around()
    {
        var account = Guid.CreateVersion7();
        var tried = await Task.WhenAll(
            Enumerable
                .Range(0, 100)
                .Select(async _ =>
                {
                    try
                    {
                        await Try(account, Here);
                        return (LetIn: 1, First: 0);
                    }
                    catch (SignInThrottledException refused)
                    {
                        return (LetIn: 0, First: refused.IsFirst ? 1 : 0);
                    }
                })
        );

        tried.Sum(one => one.LetIn).ShouldBe(10);
        tried.Sum(one => one.First).ShouldBe(1, "one event for each window, not for each attempt");
    }

    [Test]
    public async Task Counts_are_forgotten_and_name_nobody()
    {
        var account = Guid.CreateVersion7();
        await Try(account, Here);
        var rows = string.Concat(await _service.Rows("access.sign_in_throttle"));
        rows.ShouldNotContain(account.ToString());
        rows.ShouldNotContain("203.0.113.9");

        (await _throttle.ForgetOld(default)).ShouldBe(0);
        _clock.Advance(TimeSpan.FromMinutes(15));
        (await _throttle.ForgetOld(default)).ShouldBe(3);
        _clock.Advance(TimeSpan.FromDays(1));
        (await _throttle.ForgetOld(default)).ShouldBe(2);
    }

    private SignInThrottle Node() =>
        new(_service.Installation.Writer, _service.Services.GetRequiredService<KeyRing>(), _clock);

    private Task<SignInAttempt> Try(Guid account, IPAddress from) => _throttle.Begin(account, from, null, default);

    private static IPAddress Address(string form, int i) =>
        IPAddress.Parse(string.Format(System.Globalization.CultureInfo.InvariantCulture, form, i));

    /// <summary>How many are let near a password.</summary>
    private async Task<int> Guess(Guid account, IEnumerable<IPAddress> from)
    {
        var letIn = 0;
        foreach (var address in from)
        {
            try
            {
                await Try(account, address);
                letIn++;
            }
            catch (SignInThrottledException)
            {
                // Refused before the password is looked at.
            }
        }

        return letIn;
    }

    private async Task Fail(Guid account, IPAddress from, int times)
    {
        for (var i = 0; i < times; i++)
            await Try(account, from);
    }
}
