using Npgsql;

namespace SchemaHub.Api.Specs.CommandLine;

/// <summary><c>builder</c>, as operators run it.</summary>
public sealed class BuilderVerbsSpec : VerbsFixture
{
    [Test]
    public async Task A_builder_is_made_listed_and_revoked()
    {
        var made = await Schemahub.Run("builder", "create", "reports");
        made.Code.ShouldBe(0, made.Errors);
        var login = new NpgsqlConnectionStringBuilder(made.Output.Trim()) { Pooling = false };
        await using var connection = new NpgsqlConnection(login.ConnectionString);
        await connection.OpenAsync();
        await using var read = new NpgsqlCommand("select count(*) from events.log", connection);
        ((long)(await read.ExecuteScalarAsync())!).ShouldBeGreaterThan(0);

        (await Schemahub.Run("builder", "list")).Output.ShouldContain($"{login.Username}\treports\t1 sessions");
        (await Schemahub.Run("builder", "revoke", login.Username!)).Output.ShouldContain("was revoked");
        await Should.ThrowAsync<NpgsqlException>(read.ExecuteScalarAsync());
        var again = await Schemahub.Run("builder", "revoke", login.Username!);
        (again.Code, again.Output.Contains("Nothing to do")).ShouldBe((0, true));
        (await Schemahub.Run("builder", "list")).Output.ShouldNotContain(login.Username!);
    }

    [Test]
    public async Task A_name_that_is_none_or_taken_is_refused()
    {
        (await Schemahub.Run("builder", "create", "Reports")).Message.ShouldContain("lower-case letters");
        (await Schemahub.Run("builder", "create", "pg_mine")).Message.ShouldContain("lower-case letters");
        (await Schemahub.Run("builder", "create", "backstage")).Message.ShouldContain("There is a schema backstage");
    }
}
