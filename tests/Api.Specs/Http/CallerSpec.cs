using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using SchemaHub.Api.Specs.Support;
using static SchemaHub.Api.Specs.Support.TestTenant;

namespace SchemaHub.Api.Specs.Http;

public sealed class CallerSpec
{
    private const string Forwarded = "X-Forwarded-For";

    [TestCase("203.0.113.7", "203.0.113.7")]
    [TestCase("2001:db8::7", "2001:db8::7")]
    [TestCase("[2001:db8::7]:4711", "2001:db8::7")]
    [TestCase("203.0.113.7:4711", "203.0.113.7")]
    [TestCase("::ffff:203.0.113.7", "203.0.113.7")]
    [TestCase("6.6.6.6, 203.0.113.7, 10.1.2.3", "203.0.113.7")]
    [TestCase("6.6.6.6, 2001:db8::7, fd00::5", "2001:db8::7")]
    [TestCase("nonsense", "127.0.0.1")]
    [TestCase("6.6.6.6, nonsense", "127.0.0.1")]
    [TestCase(null, "127.0.0.1")]
    public async Task A_trusted_proxy_is_believed_as_far_as_the_first_address_that_is_none(
        string? header,
        string seen
    ) => (await SeenAddress(["127.0.0.1", "10.0.0.0/8", "fd00::/8"], header)).ShouldBe(seen);

    [TestCase("203.0.113.7")]
    [TestCase("2001:db8::7")]
    public async Task Nobody_is_believed_unless_named(string header)
    {
        (await SeenAddress([], header)).ShouldBe("127.0.0.1");
        (await SeenAddress(["192.0.2.1", "2001:db8::/32"], header)).ShouldBe("127.0.0.1");
    }

    [Test]
    public async Task The_hosts_own_switch_makes_nobody_believed()
    {
        const string hostSwitch = "ASPNETCORE_FORWARDEDHEADERS_ENABLED";
        Environment.SetEnvironmentVariable(hostSwitch, "true");
        try
        {
            (await SeenAddress([], "203.0.113.7")).ShouldBe("127.0.0.1");
        }
        finally
        {
            Environment.SetEnvironmentVariable(hostSwitch, null);
        }
    }

    [Test]
    public async Task An_IPv4_caller_of_an_IPv6_socket_is_an_IPv4_caller()
    {
        if (!Socket.OSSupportsIPv6)
            Assert.Ignore("This machine has no IPv6.");

        await using var api = await TestApi.StartBeside(new ApiOptions { Urls = "http://[::]:0" });
        using var ours = await api.NewTenant();
        ours.Http.BaseAddress = new UriBuilder(api.Address) { Host = "127.0.0.1" }.Uri;

        (await SeenAddress(ours, header: null)).ShouldBe("127.0.0.1");
    }

    [Test]
    public async Task An_IPv6_caller_is_an_IPv6_caller()
    {
        if (!Socket.OSSupportsIPv6)
            Assert.Ignore("This machine has no IPv6.");

        await using var api = await TestApi.StartBeside(new ApiOptions { Urls = "http://[::1]:0" });
        using var ours = await api.NewTenant();

        (await SeenAddress(ours, "203.0.113.7")).ShouldBe("::1");
    }

    [Test]
    public async Task A_user_agent_is_kept_as_far_as_1024_characters()
    {
        using var ours = await Shared.Api.NewTenant();
        var agent = new string('a', 1_023) + "💩" + "end";
        var added = await ours.Post(List, """{"email":"ann@example.com","consent":{}}""", ("User-Agent", agent));

        var entry = await FirstEntry(ours, added);

        entry.GetProperty("userAgent").GetString().ShouldBe(new string('a', 1_023));
    }

    private static async Task<string?> SeenAddress(string[] trusted, string? header)
    {
        await using var api = await TestApi.StartBeside(new ApiOptions { TrustedProxies = trusted });
        using var ours = await api.NewTenant();
        return await SeenAddress(ours, header);
    }

    private static async Task<string?> SeenAddress(TestTenant ours, string? header)
    {
        var added = await ours.Post(
            List,
            """{"email":"ann@example.com","consent":{}}""",
            header is null ? [] : [(Forwarded, header)]
        );
        added.Status.ShouldBe(HttpStatusCode.Created, added.Body);
        return (await FirstEntry(ours, added)).GetProperty("ip").GetString();
    }

    private static async Task<JsonElement> FirstEntry(TestTenant ours, Answer added) =>
        (await ours.Get(Contact(added.Json.GetProperty("id").GetInt64(), "/history"))).Json.GetProperty("items")[0];
}
