using SchemaHub.Application;
using SchemaHub.Application.Records;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Specs.Compliance;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Records;

/// <summary>What of a record belongs to a person is forgotten with it, for good.</summary>
public sealed class ErasureSpec
{
    [Test]
    public async Task A_deleted_record_is_deleted_again_after_a_restore_with_what_went_with_it()
    {
        var (database, keys) = await TestService.CreateDatabase();
        Guid organization;
        string partner;
        string backup;
        await using (var service = await TestService.Start(database.ConnectionString, keys))
        {
            organization = await service.CreateOrganization("acme");
            partner = await Save(service, organization, new Partner("Acme", "agency", "ann@example.com"));
            await Save(service, organization, new PartnerIntegration(Guid.Parse(partner), "shop"));
            backup = await Backup.Dump(database.ConnectionString);
            await service.Send(organization, new DeleteRecord("podcast.partners", partner));
        }

        await database.DisposeAsync();
        database = await TestDatabase.Create();
        await Backup.Restore(backup, database.ConnectionString);
        await using (var service = await TestService.Start(database.ConnectionString, keys, restoring: true))
        {
            await Should.ThrowAsync<NotFoundException>(
                service.Send(organization, new GetRecord("podcast.partners", partner))
            );
            (await service.Scalar<long>("select count(*) from podcast.partner_integrations")).ShouldBe(0);
            (
                await service.Scalar<bool>($"select subject_key is null from events.streams where id = '{partner}'")
            ).ShouldBeTrue();
            (await new Rebuild(service.Installation, "podcast").Run(CancellationToken.None)).RowsMended.ShouldBe(0);
        }

        await database.DisposeAsync();
        Directory.Delete(keys, recursive: true);
    }

    [Test]
    public async Task A_rebuild_passes_over_what_nobody_can_read_any_more()
    {
        await using var service = await TestService.Create();
        var organization = await service.CreateOrganization("acme");
        var samples = await service.Samples(organization);
        var (id, version, _) = await samples.Save(RecordCatalogue.Get("podcast.referrals"));
        await service.Send(organization, new DeleteRecord("podcast.referrals", id, version));
        // More events than a rebuild reads at once lie between the two in a real log: as if the last had been lost.
        await service.Execute(
            $"""
            delete from events.mt_events where stream_id = '{id}' and version = 2;
            update events.mt_streams set version = 1 where id = '{id}'
            """
        );

        // The row, and what the audit says of its end.
        (await new Rebuild(service.Installation, "podcast").Run(CancellationToken.None)).RowsMended.ShouldBe(2);
        (await service.Scalar<string>("select referred_email::text from podcast.referrals")).ShouldBe(
            "erased@erased.invalid"
        );
    }

    private static async Task<string> Save(TestService service, Guid organization, object row)
    {
        var table = RecordCatalogue.All.Single(type => type.Row == row.GetType()).Name;
        var command = new SaveRecord(table, row);
        return command.IdOf($"{organization}", await service.Send(organization, command));
    }
}
