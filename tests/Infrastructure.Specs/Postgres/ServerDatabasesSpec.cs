using Npgsql;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Postgres;

/// <summary>On the private server a reader comes into one database, and into no other that there is.</summary>
[NeedsPrivateServer]
public sealed class ServerDatabasesSpec
{
    [Test]
    public async Task A_login_connects_to_its_own_database_only()
    {
        await using var server = await TestServer.Start();
        await using var administrator = NpgsqlDataSource.Create(server.ConnectionString);
        await Execute(administrator, "create database hub");
        var own = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = "hub" };
        var keys = Directory.CreateTempSubdirectory("schemahub-keys-").FullName;
        await using (var service = await TestService.Start(own.ConnectionString, keys))
        {
            var reader = await Readers.Create(
                service.Installation,
                await service.CreateOrganization("acme"),
                CancellationToken.None
            );
            var logins = service.Installation.Keys.Logins;
            var app = new NpgsqlConnectionStringBuilder(own.ConnectionString)
            {
                Username = logins.App,
                Password = logins.AppPassword,
            };
            foreach (var login in new[] { reader.ConnectionString, app.ConnectionString })
                (await Databases(server, login)).ShouldBe(["hub"]);
        }

        Directory.Delete(keys, recursive: true);
    }

    [Test]
    public async Task What_was_made_later_is_shut_at_the_next_start()
    {
        await using var server = await TestServer.Start();
        await using (var administrator = NpgsqlDataSource.Create(server.ConnectionString))
        {
            await Execute(administrator, "create database later");
            await Execute(administrator, "create role somebody login password 'x'");
        }

        var login = new NpgsqlConnectionStringBuilder(server.ConnectionString)
        {
            Username = "somebody",
            Password = "x",
        };
        (await Databases(server, login.ConnectionString)).ShouldBe(["later"]);

        await using var joined = await TestServer.Start(DataDirectory(server));
        (await Databases(server, login.ConnectionString)).ShouldBeEmpty();
    }

    /// <summary>Every database of the server that lets a login in.</summary>
    private static async Task<List<string>> Databases(Infrastructure.Postgres.EmbeddedPostgres server, string login)
    {
        await using var administrator = NpgsqlDataSource.Create(server.ConnectionString);
        await using var list = administrator.CreateCommand("select datname from pg_database order by datname");
        var open = new List<string>();
        await using var names = await list.ExecuteReaderAsync();
        while (await names.ReadAsync())
        {
            var there = new NpgsqlConnectionStringBuilder(login) { Database = names.GetString(0), Pooling = false };
            await using var connection = new NpgsqlConnection(there.ConnectionString);
            try
            {
                await connection.OpenAsync();
                open.Add(names.GetString(0));
            }
            catch (PostgresException refused)
                when (refused.SqlState is "42501" or PostgresErrorCodes.ObjectNotInPrerequisiteState)
            {
                // No right to connect, or template0, which lets nobody in.
            }
        }

        return open;
    }

    private static string DataDirectory(Infrastructure.Postgres.EmbeddedPostgres server)
    {
        using var administrator = NpgsqlDataSource.Create(server.ConnectionString);
        using var find = administrator.CreateCommand("show data_directory");
        // …/postgres/data
        return Directory.GetParent(Path.GetDirectoryName((string)find.ExecuteScalar()!)!)!.FullName;
    }

    private static async Task Execute(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
