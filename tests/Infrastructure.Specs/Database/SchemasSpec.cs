using Npgsql;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Database;

/// <summary>Each published schema can be on or off, and comes back whole.</summary>
public sealed class SchemasSpec
{
    private static readonly string[] WithoutSaasAndSnorq = ["backstage", "podcast", "smarthub"];

    [Test]
    public async Task A_schema_that_is_off_is_neither_made_nor_written_and_switched_on_it_is_filled()
    {
        await using var database = await TestDatabase.Create();
        var keys = Directory.CreateTempSubdirectory("schemahub-keys-").FullName;
        await using (
            var service = await TestService.Start(database.ConnectionString, keys, schemas: WithoutSaasAndSnorq)
        )
        {
            var acme = await service.CreateOrganization("acme");
            await service.Services.Join(acme, "ann@example.org", "admin");

            (
                await service.Scalar<long>("select count(*) from pg_tables where schemaname in ('saas', 'snorq')")
            ).ShouldBe(0);
            (await service.Scalar<long>("select count(*) from smarthub.users")).ShouldBe(2);
        }

        await using (var service = await TestService.Start(database.ConnectionString, keys))
        {
            (await service.Scalar<long>("select count(*) from saas.users")).ShouldBe(2);
            (await service.Scalar<long>("select count(*) from snorq.organization_members")).ShouldBe(2);
            (await service.Scalar<long>("select count(*) from saas.role_permissions")).ShouldBeGreaterThan(20);
            await service.CreateOrganization("later");
            (await service.Scalar<long>("select count(*) from saas.teams")).ShouldBe(2);
        }

        Directory.Delete(keys, recursive: true);
    }

    [Test]
    public async Task What_a_schema_held_is_not_shown_while_it_is_off_and_right_again_afterwards()
    {
        await using var database = await TestDatabase.Create();
        var keys = Directory.CreateTempSubdirectory("schemahub-keys-").FullName;
        await using (var service = await TestService.Start(database.ConnectionString, keys))
            await service.CreateOrganization("acme");

        await using (
            var service = await TestService.Start(database.ConnectionString, keys, schemas: WithoutSaasAndSnorq)
        )
        {
            await service.CreateOrganization("meanwhile");
            await using var query = service.Installation.App.CreateCommand("select count(*) from saas.teams");
            (await Should.ThrowAsync<PostgresException>(() => query.ExecuteScalarAsync())).SqlState.ShouldBe(
                PostgresErrorCodes.InsufficientPrivilege
            );
        }

        await using (var service = await TestService.Start(database.ConnectionString, keys))
        {
            (await service.Scalar<long>("select count(*) from saas.teams")).ShouldBe(2);
            await using var query = service.Installation.App.CreateCommand("select count(*) from saas.teams");
            (await query.ExecuteScalarAsync()).ShouldBe(0L);
            foreach (var schema in Rebuild.SchemasOf(service.Installation))
                (await new Rebuild(service.Installation, schema).Run(CancellationToken.None)).RowsMended.ShouldBe(0);
        }

        Directory.Delete(keys, recursive: true);
    }

    [TestCase("sass", "backstage", "names sass")]
    [TestCase("saas", "podcast", "lacks backstage")]
    public void A_setting_that_cannot_be_is_refused_by_name(string one, string other, string message) =>
        Should.Throw<FormatException>(() => PublishedSchemas.Parse([one, other])).Message.ShouldContain(message);
}
