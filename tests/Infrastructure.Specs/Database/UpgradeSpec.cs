using Npgsql;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Database;

/// <summary>
/// What an upgrade leaves to be done is written down with the upgrade: wherever it is killed, the next start does it.
/// </summary>
public sealed class UpgradeSpec
{
    private const string Template = "upgrade";

    private static readonly string[] WithoutSmarthub = ["backstage", "saas", "snorq", "podcast"];

    private static readonly Lazy<string> TemplateKeys = new(() =>
        Directory.CreateTempSubdirectory("schemahub-keys-").FullName
    );

    private string _keys = "";

    [SetUp]
    public void NewKeys() => _keys = Directory.CreateTempSubdirectory("schemahub-keys-").FullName;

    [TearDown]
    public void DeleteKeys() => Directory.Delete(_keys, recursive: true);

    [Test]
    public async Task Killed_after_any_of_its_steps_it_is_ended_by_the_next_start()
    {
        await using var whole = await Old();
        var steps = await StepsOf(whole, killAfter: int.MaxValue);
        steps.ShouldContain(step => step.StartsWith("applied smarthub/", StringComparison.Ordinal));
        steps.ShouldContain("compared smarthub");
        for (var kill = 1; kill <= steps.Count; kill++)
        {
            await using var database = await Old();
            (await StepsOf(database, kill)).Count.ShouldBe(kill);

            await using var service = await TestService.Start(database.ConnectionString, _keys);
            (await service.Scalar<long>("select count(*) from smarthub.audit_logs")).ShouldBeGreaterThan(
                5,
                $"killed after {steps[kill - 1]}"
            );
            (await service.Scalar<long>("select count(*) from schema_migrations.owed")).ShouldBe(0);
            (
                await service.Scalar<long>("select count(*) from smarthub.api_keys where last_used_at is not null")
            ).ShouldBe(1);
            foreach (var schema in Rebuild.SchemasOf(service.Installation))
                (await new Rebuild(service.Installation, schema).Run(CancellationToken.None)).RowsMended.ShouldBe(
                    0,
                    $"{schema}, killed after {steps[kill - 1]}"
                );
        }
    }

    [Test]
    public async Task Rows_that_an_older_program_made_otherwise_are_mended_by_the_upgrade_and_not_by_a_later_rebuild()
    {
        await using var database = await Old();
        await using (var service = await TestService.Start(database.ConnectionString, _keys))
            await service.Execute(
                """
                update smarthub.audit_logs set changes = changes #- '{after,scopes}'
                where changes -> 'after' ? 'scopes';
                update schema_migrations.filled set program = 'an older one'
                """
            );

        await using var upgraded = await TestService.Start(database.ConnectionString, _keys);

        foreach (var schema in Rebuild.SchemasOf(upgraded.Installation))
            (await new Rebuild(upgraded.Installation, schema).Run(CancellationToken.None)).RowsMended.ShouldBe(
                0,
                schema
            );
    }

    [Test]
    public async Task The_same_program_compares_nothing_when_it_starts_again()
    {
        await using var database = await Old();
        await using (await TestService.Start(database.ConnectionString, _keys)) { }

        (await StepsOf(database, killAfter: int.MaxValue)).ShouldBe(["owed"]);
    }

    /// <summary>An installation that was used while one schema was off, with keys of its own.</summary>
    private async Task<TestDatabase> Old()
    {
        await TestDatabase.CreateTemplate(
            Template,
            async connectionString =>
            {
                await using var service = await TestService.Start(
                    connectionString,
                    TemplateKeys.Value,
                    schemas: WithoutSmarthub
                );
                var acme = await service.CreateOrganization("acme");
                var ann = await service.Services.Join(acme, "ann@example.org", "admin", "Ann");
                await service.Send(acme, new SaveRole("editor", "Editor", "Writes", ["contacts:read"]));
                await service.Send(acme, new ChangeUser(ann, "Ann Lee", "Ann", "Lee"));
                var key = await service.Send(acme, new CreateApiKey("one", Scopes: ["contacts:read"]));
                await service.Send(acme, new RotateApiKey(key.Id));
                await service.Send(acme, new CreateApiKey("two"));
                await service.Execute(
                    $"""
                    insert into access.key_usage (key_id, organization_id, usage_count, last_used_at)
                    values ('{key.Id}', '{acme}', 3, now())
                    """
                );
            }
        );
        foreach (var file in Directory.GetFiles(TemplateKeys.Value))
            File.Copy(file, Path.Combine(_keys, Path.GetFileName(file)), overwrite: true);

        return await TestDatabase.Create(Template);
    }

    /// <summary>Starts with all schemas on, up to a step; tells the steps.</summary>
    private async Task<List<string>> StepsOf(TestDatabase database, int killAfter)
    {
        var steps = new List<string>();
        Interruption.Reached = step =>
        {
            steps.Add(step);
            if (steps.Count == killAfter)
                throw new KilledException();
        };
        try
        {
            await using var service = await TestService.Start(database.ConnectionString, _keys);
        }
        catch (KilledException)
        {
            // As it was asked for.
        }
        finally
        {
            Interruption.Reached = null;
        }

        return steps;
    }

    private sealed class KilledException : Exception;
}
