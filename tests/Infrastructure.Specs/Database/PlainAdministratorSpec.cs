using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Database;

/// <summary>
/// A server of somebody else's, where the administrator may make roles and owns the database, and is no superuser.
/// </summary>
[NeedsPrivateServer]
public sealed class PlainAdministratorSpec
{
    [Test]
    public async Task Readers_are_made_watched_and_revoked_once_a_superuser_took_everybodys_rights_back()
    {
        await using var server = await TestServer.Start();
        await using var superuser = NpgsqlDataSource.Create(server.ConnectionString);
        foreach (
            var statement in new[]
            {
                "create role plain login password 'x' createrole",
                "create database hub owner plain",
            }
        )
        {
            await using var command = superuser.CreateCommand(statement);
            await command.ExecuteNonQueryAsync();
        }

        var own = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = "hub" };
        var plain = new NpgsqlConnectionStringBuilder(own.ConnectionString) { Username = "plain", Password = "x" };
        var keys = Directory.CreateTempSubdirectory("schemahub-keys-").FullName;
        Guid acme;
        await using (var service = await TestService.Start(plain.ConnectionString, keys))
        {
            acme = await service.CreateOrganization("acme");
            await Should.ThrowAsync<NotSupportedException>(
                Readers.Create(service.Installation, acme, CancellationToken.None)
            );
        }

        await using (await Installation.Open(own, keys, CancellationToken.None)) { }
        await using (var service = await TestService.Start(plain.ConnectionString, keys))
        {
            var reader = await Readers.Create(service.Installation, acme, CancellationToken.None);
            await using var connection = await ReadersSpec.Connect(reader);
            (await ReadersSpec.Scalar<string>(connection, "select slug from saas.teams")).ShouldBe("acme");
            (await ReadersSpec.Refusal(connection, "begin; select 1/0")).ShouldBe("22012");
            var watchdog = new ReaderWatchdog(
                service.Installation,
                new ReaderLimits { IdleInTransactionSeconds = 1 },
                TimeProvider.System,
                NullLogger<ReaderWatchdog>.Instance
            );
            await Eventually.True(async () => (await watchdog.Look(CancellationToken.None)) is ["idle_in_transaction"]);

            await using var second = await ReadersSpec.Connect(reader);
            (
                await ReaderRevocation.Revoke(service.Installation, reader.Role, CancellationToken.None)
            ).SessionsEnded.ShouldBe(1);
            (await Readers.List(service.Installation, null, CancellationToken.None)).ShouldBeEmpty();
        }

        Directory.Delete(keys, recursive: true);
    }
}
