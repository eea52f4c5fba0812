using Npgsql;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Postgres;

[TestFixture]
public sealed class TestDatabaseSpec
{
    [Test]
    public async Task Databases_of_one_template_start_alike_and_do_not_see_each_other()
    {
        var fills = 0;
        Task Fill(string connectionString)
        {
            Interlocked.Increment(ref fills);
            return Execute(connectionString, "create table things (id int); insert into things values (1)");
        }
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => TestDatabase.CreateTemplate("things", Fill)));
        fills.ShouldBe(1);

        await using var one = await TestDatabase.Create("things");
        await using var other = await TestDatabase.Create("things");
        await Execute(one.ConnectionString, "insert into things values (2)");
        (await Count(one)).ShouldBe(2);
        (await Count(other)).ShouldBe(1);
    }

    [Test]
    public async Task A_disposed_database_is_gone_although_somebody_is_connected()
    {
        var database = await TestDatabase.Create();
        await using var connection = new NpgsqlConnection(database.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();

        await database.DisposeAsync();

        await using var late = new NpgsqlConnection(database.ConnectionString + ";Pooling=false");
        (await Should.ThrowAsync<PostgresException>(late.OpenAsync())).SqlState.ShouldBe("3D000");
    }

    [Test]
    public async Task An_unknown_template_is_named() =>
        (await Should.ThrowAsync<ArgumentException>(TestDatabase.Create("nothing"))).Message.ShouldContain("'nothing'");

    private static async Task<int> Count(TestDatabase database)
    {
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("select count(*)::int from things", connection);
        return (int)(await command.ExecuteScalarAsync()).ShouldNotBeNull();
    }

    private static async Task Execute(string connectionString, string statement)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(statement, connection);
        await command.ExecuteNonQueryAsync();
    }
}
