using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.Identity;
using SchemaHub.Infrastructure.Security;
using SchemaHub.Infrastructure.Specs.Database;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Identity;

/// <summary>
/// Every login may listen and send in PostgreSQL. A reader hears nothing of what nodes tell each other, and what it
/// sends changes nothing.
/// </summary>
public sealed class AccessNoticesSpec
{
    private TestService? _here;
    private NewReader? _reader;
    private CancellationTokenSource? _stopping;
    private Task? _listening;

    private TestService Here => _here ?? throw new InvalidOperationException("The spec has not started.");

    private AccessNotices Notices => Here.Installation.Notices;

    private AccessDirectory Directory => Here.Services.GetRequiredService<AccessDirectory>();

    [SetUp]
    public async Task Start()
    {
        _here = await TestService.Create();
        _stopping = new CancellationTokenSource();
        _listening = Here.Services.GetRequiredService<AccessListener>().RunAsync(_stopping.Token);
        await Eventually.True(() => Directory.IsListening);
    }

    [TearDown]
    public async Task Stop()
    {
        if (_reader is not null)
            await ReaderRevocation.Revoke(Here.Installation, _reader.Role, CancellationToken.None);

        _reader = null;
        await _stopping!.CancelAsync();
        await _listening!;
        _stopping.Dispose();
        await Here.DisposeAsync();
    }

    [Test]
    public async Task What_a_reader_can_find_out_names_no_channel_and_brings_no_notice()
    {
        var acme = await Here.CreateOrganization("acme");
        await using var reader = await Connect(acme);
        var heard = new List<string>();
        reader.Notification += (_, notice) => heard.Add(notice.Channel);
        // Everything that PostgreSQL tells a login of other sessions.
        foreach (
            var look in new[]
            {
                "select coalesce(string_agg(a::text, ' '), '') from pg_stat_activity a",
                "select coalesce(string_agg(l::text, ' '), '') from pg_locks l",
                "select coalesce(string_agg(c::text, ' '), '') from pg_listening_channels() c",
                "select coalesce(string_agg(s::text, ' '), '') from pg_prepared_statements s",
            }
        )
            (await ReadersSpec.Scalar<string>(reader, look)).ShouldNotContain(Notices.Channel, Case.Insensitive, look);

        foreach (var channel in new[] { "schemahub_access", "schemahub", "\"*\"", "\"schemahub_%\"" })
            await ReadersSpec.Refusal(reader, $"listen {channel}");

        var key = await Here.Send(acme, new CreateApiKey("shop"));
        await Here.Send(acme, new RevokeApiKey(key.Id));
        // Notices come in the order of commits: after the first of our own there is none before it.
        await ReadersSpec.Refusal(reader, "listen mine; notify mine");
        while (!heard.Contains("mine"))
            await reader.WaitAsync(TimeSpan.FromSeconds(5));

        heard.ShouldBe(["mine"]);
    }

    [Test]
    public async Task What_a_reader_sends_changes_nothing()
    {
        var acme = await Here.CreateOrganization("acme");
        var key = await Here.Send(acme, new CreateApiKey("shop"));
        var known = await Known(key.Key);
        await using var reader = await Connect(acme);

        // As it was before, and, worse, on a channel whose name leaked.
        foreach (
            var payload in new[]
            {
                "*",
                "",
                "x",
                $"{key.Id}",
                acme.ToString(),
                Convert.ToBase64String(new byte[28]),
                Convert.ToBase64String(new byte[44]),
                new string('A', 7_900),
            }
        )
        {
            await ReadersSpec.Refusal(reader, $"select pg_notify('schemahub_access', '{payload}')");
            await ReadersSpec.Refusal(reader, $"select pg_notify('{Notices.Channel}', '{payload}')");
        }

        // Heard after all of those, because notices come in the order of commits.
        var second = await Here.Send(acme, new CreateApiKey("second"));
        await Known(second.Key);
        await using (var past = await Here.Installation.Administrator.OpenConnectionAsync())
        {
            var stream = await Here.Scalar<Guid>($"select id from access.api_keys where id = '{second.Id}'");
            await ReadersSpec.Refusal(
                past,
                $"update access.api_keys set revoked_at = now() where id = '{second.Id}'; "
                    + $"notify {Notices.Channel}, '{Notices.PayloadOf([stream])}'"
            );
        }

        await Eventually.True(async () => await Directory.OfKey(second.Key, CancellationToken.None) is null);
        (await Known(key.Key)).ShouldBeSameAs(known);
    }

    [Test]
    public void A_notice_says_nothing_without_the_keys_and_everything_with_them()
    {
        Guid[] streams = [Guid.CreateVersion7(), Guid.CreateVersion7()];
        var payload = Notices.PayloadOf(streams);

        Notices.Read(payload).ShouldBe(streams);
        Notices.Read(Notices.PayloadOf([])).ShouldBe([]);
        Notices.Read(Notices.PayloadOf([.. Enumerable.Range(0, 201).Select(_ => Guid.CreateVersion7())])).ShouldBe([]);
        var most = Enumerable.Range(0, 200).Select(_ => Guid.CreateVersion7()).ToList();
        Notices.PayloadOf(most).Length.ShouldBeLessThan(8_000);
        Notices.Read(Notices.PayloadOf(most)).ShouldBe(most);
        Notices.PayloadOf(streams).ShouldNotBe(payload);
        foreach (var stream in streams)
        {
            payload.ShouldNotContain($"{stream}");
            Convert.ToHexString(Convert.FromBase64String(payload)).ShouldNotContain($"{stream:N}", Case.Insensitive);
        }

        var bytes = Convert.FromBase64String(payload);
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= 1;
            Notices.Read(Convert.ToBase64String(bytes)).ShouldBeNull();
            bytes[i] ^= 1;
        }

        var foreign = System.IO.Directory.CreateTempSubdirectory("schemahub-foreign-").FullName;
        var others = new AccessNotices(KeyRing.Create(foreign));
        others.Channel.ShouldNotBe(Notices.Channel);
        others.Read(payload).ShouldBeNull();
        System.IO.Directory.Delete(foreign, recursive: true);
    }

    private async Task<NpgsqlConnection> Connect(Guid organization)
    {
        _reader = await Readers.Create(Here.Installation, organization, CancellationToken.None);
        return await ReadersSpec.Connect(_reader);
    }

    private async Task<KnownCaller> Known(string key) =>
        (await Directory.OfKey(key, CancellationToken.None)).ShouldNotBeNull();
}
