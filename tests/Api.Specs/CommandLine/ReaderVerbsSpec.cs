using Npgsql;

namespace SchemaHub.Api.Specs.CommandLine;

/// <summary><c>reader</c>, as operators run it.</summary>
public sealed class ReaderVerbsSpec : VerbsFixture
{
    [Test]
    public async Task A_reader_is_made_listed_and_revoked()
    {
        var made = await Schemahub
            .With("SchemaHub__Readers__Connections", "1")
            .Run("reader", "create", "--org", "acme");
        made.Code.ShouldBe(0, made.Errors);
        made.Errors.ShouldContain("select * is refused");
        made.Errors.ShouldContain("backstage.contacts: unsubscribe_token");
        var login = new NpgsqlConnectionStringBuilder(made.Output.Trim()) { Pooling = false };
        await using var connection = new NpgsqlConnection(login.ConnectionString);
        await connection.OpenAsync();
        await using var second = new NpgsqlConnection(login.ConnectionString);
        (await Should.ThrowAsync<PostgresException>(second.OpenAsync())).SqlState.ShouldBe(
            PostgresErrorCodes.TooManyConnections
        );

        (await Schemahub.Run("reader", "list")).Output.ShouldContain($"{login.Username}\tacme\tactive\t");
        var listed = (await Schemahub.Json("reader", "list", "--org", "acme"))[0];
        listed.GetProperty("role").GetString().ShouldBe(login.Username);
        listed.GetProperty("sessions").GetInt32().ShouldBe(1);

        var revoked = await Schemahub.Run("reader", "revoke", login.Username!);
        revoked.Output.ShouldContain("was revoked; 1 of its sessions");
        await using var command = new NpgsqlCommand("select 1", connection);
        await Should.ThrowAsync<NpgsqlException>(command.ExecuteScalarAsync());
        var again = await Schemahub.Run("reader", "revoke", login.Username!);
        (again.Code, again.Output.Contains("Nothing to do")).ShouldBe((0, true));
        (await Schemahub.Run("reader", "list")).Output.ShouldNotContain(login.Username!);
    }

    [Test]
    public async Task What_is_not_there_or_cannot_be_meant_is_said()
    {
        (await Schemahub.Run("reader", "list", "--org", "nobody")).Message.ShouldContain("organization: nobody");
        var wrong = await Schemahub
            .With("SchemaHub__Readers__StatementSeconds", "0")
            .Run("reader", "create", "--org", "acme");
        wrong.Code.ShouldBe(1);
        wrong.Errors.ShouldContain("SchemaHub:Readers:StatementSeconds");
        await Schemahub.CreateOrganization("shut");
        await Schemahub.Json("org", "close", "shut");
        (await Schemahub.Run("reader", "create", "--org", "shut")).Message.ShouldContain("was closed");
    }
}
