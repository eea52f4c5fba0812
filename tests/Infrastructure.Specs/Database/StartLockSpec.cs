using Npgsql;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Database;

/// <summary>
/// A start waits for another one, and not for ever: it ends with the name of who is in the way. Nothing that a SQL
/// reader does in any database of the server is.
/// </summary>
public sealed class StartLockSpec
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);

    private static readonly string[] Locks =
    [
        $"select pg_advisory_lock({BatchWriter.LockKey})",
        "comment on role schemahub_owner is 'held'",
        $"select pg_advisory_lock({Migrator.LockKey})",
    ];

    [TestCaseSource(nameof(Locks))]
    public async Task Waiting_for_another_start_ends_with_the_name_of_the_holder(string hold)
    {
        await using var stopped = await StoppedInstallation.Create();
        await using var holder = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(stopped.ConnectionString)
            {
                ApplicationName = "schemahub migrate",
                Pooling = false,
            }.ConnectionString
        );
        await holder.OpenAsync();
        await Execute(holder, "begin");
        await Execute(holder, hold);

        var blocked = await Should.ThrowAsync<StartBlockedException>(Open(stopped.ConnectionString, stopped.Keys));

        blocked.Message.ShouldContain($"process {holder.ProcessID} of PostgreSQL");
        blocked.Message.ShouldContain("role postgres, application \"schemahub migrate\", connected since 20");
        blocked.Message.ShouldContain("in a transaction since 20");
        await Execute(holder, "rollback; select pg_advisory_unlock_all()");
        await using (await Open(stopped.ConnectionString, stopped.Keys)) { }
    }

    [Test]
    public async Task A_migration_that_a_table_is_kept_from_names_who_uses_it()
    {
        await using var stopped = await StoppedInstallation.Create();
        await using var holder = new NpgsqlConnection(stopped.ConnectionString + ";Pooling=false");
        await holder.OpenAsync();
        await MakeIndexAgain(holder);
        await Execute(holder, "begin; lock table backstage.contacts in share update exclusive mode");

        var blocked = await Should.ThrowAsync<StartBlockedException>(Open(stopped.ConnectionString, stopped.Keys));

        blocked.Message.ShouldContain("backstage/0002_contacts_in_order.sql needs a table");
        blocked.Message.ShouldContain($"process {holder.ProcessID} of PostgreSQL");
    }

    [Test]
    public async Task Readers_are_disconnected_before_a_migration()
    {
        await using var stopped = await StoppedInstallation.Create();
        NewReader reader;
        await using (var service = await stopped.Start())
        {
            reader = await Readers.Create(service.Installation, stopped.Organization, CancellationToken.None);
            await service.Execute("drop index backstage.idx_contacts_organization_id_id");
            await service.Execute("delete from schema_migrations.applied where name ~ 'contacts_in_order'");
        }

        await using var connection = new NpgsqlConnection(reader.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await Execute(connection, "begin; select count(*) from backstage.contacts");

        await using var again = await stopped.Start();

        (await again.Scalar<long>($"select count(*) from pg_stat_activity where usename = '{reader.Role}'")).ShouldBe(
            0
        );
        await ReaderRevocation.Revoke(again.Installation, reader.Role, CancellationToken.None);
    }

    [Test]
    public async Task A_reader_who_holds_every_lock_it_can_get_in_other_databases_is_not_in_the_way()
    {
        await using var stopped = await StoppedInstallation.Create();
        await using var elsewhere = await TestDatabase.Create();
        await using var server = new NpgsqlConnection(stopped.ConnectionString + ";Pooling=false");
        await server.OpenAsync();
        NewReader reader;
        await using (var service = await stopped.Start())
            reader = await Readers.Create(service.Installation, stopped.Organization, CancellationToken.None);

        // A server of somebody else's, who lets everybody connect everywhere.
        await Execute(server, $"grant connect on database postgres to {reader.Role}");
        var sessions = new List<NpgsqlConnection>();
        foreach (var database in new[] { "postgres", elsewhere.Name })
        {
            var there = new NpgsqlConnection(
                new NpgsqlConnectionStringBuilder(reader.ConnectionString)
                {
                    Database = database,
                    Pooling = false,
                }.ConnectionString
            );
            sessions.Add(there);
            await there.OpenAsync();
            foreach (var key in new[] { 0x5348_524F_4C45, Migrator.LockKey, BatchWriter.LockKey })
                await Execute(there, $"select pg_advisory_lock({key})");

            // Of what is the server's it may lock nothing; and what it tries is undone at once.
            await Execute(there, "begin");
            (
                await Should.ThrowAsync<PostgresException>(Execute(there, "comment on role schemahub_owner is ''"))
            ).SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege);
        }

        await using (var opened = await Open(stopped.ConnectionString, stopped.Keys))
        {
            await Execute(server, $"revoke connect on database postgres from {reader.Role}");
            await ReaderRevocation.Revoke(opened, reader.Role, CancellationToken.None);
        }

        foreach (var session in sessions)
            await session.DisposeAsync();
    }

    [Test]
    [NeedsPrivateServer]
    public async Task Installations_of_one_server_may_start_for_the_first_time_at_once()
    {
        await using var server = await TestServer.Start();
        var starts = Enumerable
            .Range(0, 4)
            .Select(async number =>
            {
                var keys = Directory.CreateTempSubdirectory("schemahub-keys-").FullName;
                await using (var administrator = NpgsqlDataSource.Create(server.ConnectionString))
                {
                    await using var create = administrator.CreateCommand($"create database hub{number}");
                    await create.ExecuteNonQueryAsync();
                }

                var database = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = $"hub{number}" };
                await using (await Installation.Open(database, keys, CancellationToken.None)) { }
                Directory.Delete(keys, recursive: true);
            });

        await Should.NotThrowAsync(Task.WhenAll(starts));
    }

    private static async Task MakeIndexAgain(NpgsqlConnection connection)
    {
        await Execute(connection, "drop index backstage.idx_contacts_organization_id_id");
        await Execute(connection, "delete from schema_migrations.applied where name ~ 'contacts_in_order'");
    }

    private static Task<Installation> Open(string connectionString, string keys) =>
        Installation.Open(
            new NpgsqlConnectionStringBuilder(connectionString),
            keys,
            CancellationToken.None,
            patience: Patience
        );

    private static async Task Execute(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
