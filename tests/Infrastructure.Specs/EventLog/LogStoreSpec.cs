using JasperFx;
using JasperFx.Events;
using JasperFx.MultiTenancy;
using Marten;
using Marten.Exceptions;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Testing;
using Weasel.Core;

namespace SchemaHub.Infrastructure.Specs.EventLog;

/// <summary>The log's tables are exactly Marten's, and no Marten store takes anything of ours away.</summary>
public sealed class LogStoreSpec
{
    [Test]
    public async Task The_tables_are_what_martens_configuration_says()
    {
        await using var service = await TestService.Create();
        await using var store = Store(service);

        await store.Storage.Database.AssertDatabaseMatchesConfigurationAsync();
    }

    [Test]
    public async Task A_store_that_may_change_tables_destroys_nothing(
        [Values] Settings settings,
        [Values(AutoCreate.CreateOnly, AutoCreate.CreateOrUpdate, AutoCreate.All)] AutoCreate mayChange
    )
    {
        await using var service = await TestService.Create();
        var organization = await service.CreateOrganization("acme");
        var ann = await service.Send(organization, new AddContact("ann@example.org", "Ann"));
        var before = await Everything(service);

        await using (var store = Store(service, settings, mayChange))
        {
            try
            {
                await Use(store);
            }
            catch (Exception refused)
                when (settings != Settings.Ours && refused is MartenSchemaException or SchemaMigrationException)
            {
                // Tables that are not as it wants them: it is told, and nothing has changed.
                await TestContext.Out.WriteLineAsync(refused.Message);
            }
        }

        (await Everything(service)).ShouldBe(before);
        await using var again = await TestService.Start(service.ConnectionString, service.Installation.Keys.Directory);
        (await again.Send(organization, new GetContact(ann.Number))).Contact.Email.ShouldBe("ann@example.org");
        await again.Send(organization, new AddContact("ben@example.org", "Ben"));
        await again.ShouldBeSound();
    }

    [Test]
    public void Every_aggregate_is_called_by_marten_as_its_streams_are()
    {
        var marten = (IEventRegistry)new StoreOptions().Events;
        StreamTypes.All.Count.ShouldBeGreaterThan(15);
        foreach (var (name, aggregate) in StreamTypes.All)
            marten.AggregateAliasFor(aggregate).ShouldBe(name);
    }

    [Test]
    public async Task The_writers_sessions_look_up_by_key_and_compile_nothing_and_no_other_session_does_so()
    {
        await using var service = await TestService.Create();
        await service.Execute("alter system set jit = on");
        try
        {
            await service.Execute("select pg_reload_conf()");
            await using (var writer = await WriterSession.Open(service.Installation.Appender, default))
                (await Planner(writer)).ShouldBe("off off force_generic_plan");

            await Eventually.True(async () =>
            {
                await using var other = await service.Installation.Writer.OpenConnectionAsync();
                return await Planner(other) == "on on auto";
            });
        }
        finally
        {
            await service.Execute("alter system reset jit");
            await service.Execute("select pg_reload_conf()");
        }
    }

    private static async Task<string> Planner(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(
            "select current_setting('enable_seqscan') || ' ' || current_setting('jit') || ' ' "
                + "|| current_setting('plan_cache_mode')",
            connection
        );
        return (string)(await command.ExecuteScalarAsync())!;
    }

    private static DocumentStore Store(
        TestService service,
        Settings settings = Settings.Ours,
        AutoCreate mayChange = AutoCreate.None
    ) =>
        DocumentStore.For(options =>
        {
            options.Connection(service.ConnectionString);
            options.DatabaseSchemaName = LogStore.Schema;
            if (settings == Settings.Ours)
                LogStore.Configure(options);
            else if (settings == Settings.TenantsOnly)
                options.Events.TenancyStyle = TenancyStyle.Conjoined;

            options.Events.AddEventType<Noticed>();
            options.AutoCreateSchemaObjects = mayChange;
        });

    private static async Task Use(DocumentStore store)
    {
        await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        await using var session = store.LightweightSession("acme");
        await session.Events.QueryAllRawEvents().CountAsync();
    }

    private static Task<string> Everything(TestService service) =>
        service.Scalar<string>(
            """
            select md5(string_agg(l.line, '|' order by l.line))
            from (
                select 'e ' || e.seq_id || e.tenant_id || e.stream_id || e.version || e.type || e.data
                    || coalesce(e.headers::text, '') || coalesce(e.causation_id, '') as line
                from events.mt_events e
                union all
                select 's ' || s.tenant_id || s.id || s.type || s.version from events.mt_streams s
                union all
                select 'k ' || s.tenant_id || s.id || s.number || coalesce(s.subject_key, ''::bytea)::text
                from events.streams s
                union all
                select 'p ' || t.tenant_id || t.size from events.seal_trees t
            ) l
            """
        );

    /// <summary>How a store is set that opens the log.</summary>
    public enum Settings
    {
        Ours,

        /// <summary>With tenants, and without the metadata that we keep.</summary>
        TenantsOnly,

        /// <summary>As Marten is without any settings.</summary>
        Defaults,
    }

    private sealed record Noticed(string What);
}
