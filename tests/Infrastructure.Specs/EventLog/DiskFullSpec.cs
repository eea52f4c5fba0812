using System.Diagnostics;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Postgres;
using SchemaHub.Infrastructure.Specs.Postgres;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.EventLog;

/// <summary>A full disk is an outage: it is said at once, nothing is lost, and it ends with its cause.</summary>
[Platform("Linux", Reason = "A small disk is mounted.")]
public sealed class DiskFullSpec
{
    [Test]
    [NeedsPrivateServer]
    public async Task Where_the_database_finds_no_room_appends_are_unavailable_and_go_on_once_there_is_some()
    {
        using var disk = new SmallDisk(64);
        await using var server = await TestServer.Start(isDurable: true);
        await Execute(server.ConnectionString, $"create tablespace small location '{await Owned(disk)}'");
        await Execute(server.ConnectionString, "create database hub tablespace small");
        var keys = Directory.CreateTempSubdirectory("schemahub-keys-").FullName;
        var database = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = "hub" };
        await using var service = await TestService.Start(database.ConnectionString, keys);
        await ShouldOutliveAFullDisk(service, disk);
        Directory.Delete(keys, recursive: true);
    }

    [Test]
    [NeedsPrivateServer]
    public async Task Where_the_server_cannot_write_ahead_it_ends_and_both_come_back_once_there_is_room()
    {
        using var disk = new SmallDisk(220);
        await using var server = await TestServer.Start(Path.Combine(disk.Folder, "data"), isDurable: true);
        var keys = Directory.CreateTempSubdirectory("schemahub-keys-").FullName;
        await using var service = await TestService.Start(server.ConnectionString, keys);
        await ShouldOutliveAFullDisk(service, disk);
        Directory.Delete(keys, recursive: true);
    }

    [Test]
    public async Task Where_the_journal_finds_no_room_withdrawals_are_unavailable_and_other_changes_go_on()
    {
        using var disk = new SmallDisk(1);
        var (database, made) = await TestService.CreateDatabase();
        await using var dropped = database;
        var keys = Directory.CreateDirectory(Path.Combine(disk.Folder, "keys")).FullName;
        foreach (var file in Directory.GetFiles(made))
            File.Copy(file, Path.Combine(keys, Path.GetFileName(file)));

        Directory.Delete(made, recursive: true);
        await using (var service = await TestService.Start(database.ConnectionString, keys))
        {
            var organization = await service.CreateOrganization("acme");
            var added = await service.Send(
                organization,
                new AddContact("ann@example.org", Consent: new ConsentInput())
            );
            disk.Fill();
            // The page that the journal's last line is in has room for a few more.
            var stored = 0;
            var refused = await Should.ThrowAsync<LogUnavailableException>(async () =>
            {
                for (; ; stored++)
                    await service.Send(organization, new WithdrawConsent(added.Number, $"purpose{stored}"));
            });
            refused.InnerException.ShouldBeAssignableTo<JournalException>();
            refused.IsOutcomeKnown.ShouldBeTrue();
            (await Add(service, organization, "bob")).Version.ShouldBe(1);

            disk.Empty();
            await service.Send(organization, new WithdrawConsent(added.Number, $"purpose{stored}"));
            (await service.Scalar<long>("select journal_number from events.safekeeping")).ShouldBe(
                service.Installation.Journal.LastNumber
            );
            await service.ShouldBeSound();
        }

        await using var again = await TestService.Start(database.ConnectionString, keys);
        again.Installation.Replayed.ShouldBeNull();
    }

    private static async Task ShouldOutliveAFullDisk(TestService service, SmallDisk disk)
    {
        var organization = await service.CreateOrganization("acme");
        var readiness = new LogReadiness((LogWriter)service.Services.GetService(typeof(LogWriter))!);
        disk.Fill();

        // Free space within files is used up first.
        var names = new List<string>();
        var outage = await FirstFailure(service, organization, names);
        DatabaseOutage.Is(outage).ShouldBeTrue(outage.ToString());
        (await readiness.Trouble(CancellationToken.None)).ShouldNotBeNull().ShouldContain("cannot be written");
        for (var i = 0; i < 3; i++)
        {
            names.Add($"refused{i}");
            var asked = Stopwatch.StartNew();
            var refused = await Should.ThrowAsync<Exception>(Add(service, organization, names[^1]));
            DatabaseOutage.Is(refused).ShouldBeTrue(refused.ToString());
            asked.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(30));
        }

        disk.Empty();
        // All of them again: those that were stored are not stored twice.
        foreach (var name in names)
            await CrashSpec.UntilAnswered(() => Add(service, organization, name));

        service.Installation.Administrator.Clear();
        service.Installation.Writer.Clear();
        var there = await service.Texts("select c.name from backstage.contacts c order by c.id");
        there.ShouldBe(names, ignoreOrder: true);
        await service.ShouldBeSound();
    }

    /// <summary>Adds until it fails, and tells the names of all that were to be added.</summary>
    private static async Task<Exception> FirstFailure(TestService service, Guid organization, List<string> names)
    {
        while (true)
        {
            names.Add(FormattableString.Invariant($"p{names.Count}"));
            try
            {
                await Add(service, organization, names[^1]);
            }
            catch (Exception failure)
            {
                return failure;
            }
        }
    }

    // The same key, so that what was stored though it was not answered is not stored twice.
    private static Task<Position> Add(TestService service, Guid organization, string name) =>
        service.Send(
            organization,
            new AddContact($"{name}@example.org", name),
            context => context with { IdempotencyKey = name }
        );

    private static async Task<string> Owned(SmallDisk disk)
    {
        var folder = Path.Combine(disk.Folder, "space");
        var account = await ServerAccount.Find(CancellationToken.None);
        await account.CreateOwnFolder(folder, CancellationToken.None);
        return folder;
    }

    private static async Task Execute(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
