using SchemaHub.Application.Compliance;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Identity;
using SchemaHub.Application.Records;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.EventLog;

/// <summary>
/// An installation that was used for everything: a rebuild of every schema mends no row, and what is counted outside
/// the log is neither compared nor lost.
/// </summary>
public sealed class RebuildOfEverythingSpec
{
    // Filled by what needs more than commands, and rebuilt in the specs named.
    private static readonly Dictionary<string, string> FilledElsewhere = new(StringComparer.Ordinal)
    {
        ["sessions"] = "SignInSpec",
        ["invitations"] = "Inviting",
        ["tokens"] = "SignInSpec",
        ["privacy"] = "PrivacyRequestsSpec",
        ["gdpr_requests"] = "PrivacyRequestsSpec",
        ["restrictions"] = "RestrictedRecipientsSpec",
    };

    private TestMailing _mailing = null!;

    private TestService Service => _mailing.Service;

    [OneTimeSetUp]
    public async Task Live()
    {
        _mailing = await TestMailing.Create();
        var acme = _mailing.Organization;
        await _mailing.AddContacts(20);
        await _mailing.Start();
        await Service.Send(acme, new SaveRole("editor", "Editor", "Writes", ["contacts:read", "campaigns:write"]));
        await Service.Send(acme, new SaveRole("editor", "Editors", null, ["contacts:read", "campaigns:read"]));
        var owner = await Service.Scalar<Guid>("select m.user_id from access.memberships m limit 1");
        await Service.Send(Guid.Empty, new SetUserRole(owner, "superadmin", Held: true));
        foreach (var number in await Numbers("select c.id::text from backstage.contacts c order by c.id limit 4"))
        {
            await Service.Send(acme, new ChangeContact(number, "Changed", Metadata: null));
            await Service.Send(acme, new WithdrawConsent(number));
            await Service.Send(acme, new SuppressContact(number, "complaint"));
            await Service.Send(acme, new EraseContact(number));
        }

        var samples = await Service.Samples(acme);
        foreach (var type in RecordCatalogue.All)
        {
            // Those that others refer to are there by then, and of some there may be only one.
            if (await Service.Scalar<bool>($"select not exists (select from {type.Name})"))
                await samples.Save(type);
        }

        for (var i = 0; i < 3; i++)
        {
            var key = await Service.Send(acme, new CreateApiKey($"key {i}", RotationPolicy: "30d"));
            await Service.Send(acme, new RotateApiKey(key.Id));
            await Service.Send(acme, new ChangeApiKey(key.Id, "uno", "the first"));
            if (i == 0)
                await Service.Send(acme, new RevokeApiKey(key.Id, "lost"));
        }
    }

    [OneTimeTearDown]
    public async Task End() => await _mailing.DisposeAsync();

    [Test]
    [Order(1)]
    public async Task Every_table_that_is_filled_from_the_log_has_rows()
    {
        var empty = new List<string>();
        foreach (var (schema, table) in Tables())
        {
            if (await Service.Scalar<long>($"select count(*) from {schema}.{table.Name}") == 0)
                empty.Add($"{schema}.{table.Name}");
        }

        empty
            .Where(name => !FilledElsewhere.Keys.Any(part => name.Contains(part, StringComparison.Ordinal)))
            .ShouldBeEmpty();
    }

    [Test]
    [Order(2)]
    public async Task A_rebuild_mends_no_row()
    {
        foreach (var schema in Rebuild.SchemasOf(Service.Installation))
            (await new Rebuild(Service.Installation, schema).Run(CancellationToken.None)).RowsMended.ShouldBe(
                0,
                schema
            );
    }

    [Test]
    [Order(3)]
    public async Task What_is_written_outside_the_log_is_not_compared_and_stays()
    {
        foreach (var (schema, table) in Tables().Where(one => one.Table.Unlogged.Count > 0))
        {
            var name = $"{schema}.{table.Name}";
            foreach (var column in table.Unlogged)
                await Service.Execute($"update {name} set {column} = {await Another(schema, table.Name, column)}");

            var before = await Service.Rows(name);
            before.ShouldNotBeEmpty(name);

            (await new Rebuild(Service.Installation, schema).Run(CancellationToken.None)).RowsMended.ShouldBe(0, name);
            (await Service.Rows(name)).ShouldBe(before, name);
        }
    }

    [Test]
    [Order(4)]
    public async Task Uses_of_keys_come_back_with_rows_that_were_missing()
    {
        await Service.Execute(
            """
            insert into access.key_usage (key_id, organization_id, usage_count, last_used_at)
            select k.id, k.organization_id, 3, timestamptz '2026-03-01 12:00+00' from access.api_keys k
            """
        );
        foreach (var schema in new[] { "saas", "podcast", "smarthub" })
        {
            await Service.Execute($"delete from {schema}.api_keys");

            await new Rebuild(Service.Installation, schema).Run(CancellationToken.None);

            (
                await Service.Scalar<long>(
                    $"select count(*) from {schema}.api_keys where last_used_at = '2026-03-01 12:00+00'"
                )
            ).ShouldBe(3, schema);
        }
    }

    private IEnumerable<(string Schema, PublishedTable Table)> Tables() =>
        Projections
            .Of(Service.Installation)
            .SelectMany(projection => projection.Tables.Select(table => (projection.Schema, table)));

    /// <summary>Another value for a column, as an expression.</summary>
    private async Task<string> Another(string schema, string table, string column) =>
        await Service.Scalar<string>(
            $"""
            select case c.data_type
                when 'integer' then '{column} + 7'
                when 'bigint' then '{column} + 7'
                when 'date' then 'date ''2020-02-02'''
                when 'character varying' then '''cus_7'' || id::text'
                else 'timestamptz ''2020-02-02 02:02+00''' end
            from information_schema.columns c
            where c.table_schema = '{schema}' and c.table_name = '{table}' and c.column_name = '{column}'
            """
        );

    private async Task<List<long>> Numbers(string sql) =>
        [
            .. (await Service.Texts(sql)).Select(text =>
                long.Parse(text, System.Globalization.CultureInfo.InvariantCulture)
            ),
        ];
}
