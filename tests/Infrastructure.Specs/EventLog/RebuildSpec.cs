using System.Text.Json;
using Npgsql;
using SchemaHub.Application.Compliance;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.EventLog;

public sealed class RebuildSpec
{
    private static readonly string[] Published = ["backstage.users", "backstage.contacts", "backstage.consent_history"];

    [Test]
    public async Task A_rebuild_finds_the_live_tables_as_the_log_says()
    {
        await using var service = await TestService.Create();
        await LiveALittle(service);
        var before = await Snapshot(service);

        var result = await new Rebuild(service.Installation, "backstage").Run(CancellationToken.None);

        result.RowsMended.ShouldBe(0);
        result.Events.ShouldBe(await service.Scalar<long>("select count(*) from events.mt_events"));
        (await Snapshot(service)).ShouldBe(before);
    }

    [Test]
    public async Task A_rebuild_mends_rows_that_were_changed_deleted_or_made_up_and_nothing_else()
    {
        await using var service = await TestService.Create();
        await LiveALittle(service);
        var before = await Snapshot(service);
        await service.Execute(
            """
            update backstage.contacts set name = 'Mallory' where id = (select min(id) from backstage.contacts);
            delete from backstage.consent_history where id = (select max(id) from backstage.consent_history);
            insert into backstage.contacts (id, email, organization_id)
                values (999999, 'nobody@example.org', gen_random_uuid())
            """
        );

        var result = await new Rebuild(service.Installation, "backstage").Run(CancellationToken.None);

        result.RowsMended.ShouldBe(3);
        (await Snapshot(service)).ShouldBe(before);
        (await service.Scalar<long>("select count(*) from pg_namespace where nspname like '%rebuild'")).ShouldBe(0);
    }

    [Test]
    public async Task A_rebuild_that_cannot_begin_leaves_no_lock_to_a_pooled_connection()
    {
        await using var service = await TestService.Create();
        await service.Execute(
            """
            create function public.refuse() returns event_trigger language plpgsql
            as $$ begin raise exception 'no schema today'; end $$;
            create event trigger no_schema on ddl_command_start when tag in ('CREATE SCHEMA')
                execute function public.refuse()
            """
        );

        await Should.ThrowAsync<PostgresException>(
            new Rebuild(service.Installation, "backstage").Run(CancellationToken.None)
        );

        await using var another = new NpgsqlConnection(service.ConnectionString + ";Pooling=false");
        await another.OpenAsync();
        await using var held = new NpgsqlCommand(
            """
            select count(*)
            from pg_locks l join pg_database d on d.oid = l.database
            where l.locktype = 'advisory' and d.datname = current_database()
            """,
            another
        );
        (await held.ExecuteScalarAsync()).ShouldBe(0L);
    }

    [Test]
    public async Task A_rebuild_goes_on_while_people_subscribe()
    {
        await using var service = await TestService.Create();
        await LiveALittle(service);
        var organization = await service.CreateOrganization("busy");
        using var stop = new CancellationTokenSource();
        var added = 0;
        var people = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await service.Send(
                    organization,
                    new AddContact($"busy{added}@example.org", Consent: new ConsentInput())
                );
                added++;
            }
        });

        var result = await new Rebuild(service.Installation, "backstage").Run(CancellationToken.None);
        await stop.CancelAsync();
        await people;

        result.RowsMended.ShouldBe(0);
        (await new Rebuild(service.Installation, "backstage").Run(CancellationToken.None)).RowsMended.ShouldBe(0);
        (await service.Scalar<long>("select count(*) from backstage.contacts where email like 'busy%'")).ShouldBe(
            added
        );
    }

    private static async Task LiveALittle(TestService service)
    {
        var organization = await service.CreateOrganization("acme");
        for (var i = 0; i < 30; i++)
        {
            var contact = await service.Send(
                organization,
                new AddContact(
                    $"person{i}@example.org",
                    $"Person {i}",
                    JsonDocument.Parse("""{"city":"Bern"}""").RootElement,
                    i % 3 == 0
                        ? null
                        : new ConsentInput(OptedInAt: new DateTimeOffset(2024, 5, 1, 0, 0, 0, TimeSpan.Zero))
                ),
                caller => caller with { Ip = System.Net.IPAddress.Parse("2001:db8::7"), UserAgent = "Firefox" }
            );
            if (i % 4 == 0)
                await service.Send(organization, new WithdrawConsent(contact.Number));
            if (i % 5 == 0)
                await service.Send(organization, new ChangeContact(contact.Number, "Changed", Metadata: null));
            if (i % 6 == 0)
                await service.Send(organization, new SuppressContact(contact.Number, "complaint"));
            if (i % 7 == 0)
                await service.Send(organization, new EraseContact(contact.Number));
            if (i % 14 == 0)
                await service.Send(organization, new AddContact($"person{i}@example.org", "Back again"));
        }
    }

    private static async Task<string> Snapshot(TestService service)
    {
        var rows = new List<string>();
        foreach (var table in Published)
            rows.AddRange(await service.Rows(table));

        return string.Join('\n', rows);
    }
}
