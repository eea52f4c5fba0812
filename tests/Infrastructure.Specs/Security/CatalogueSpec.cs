namespace SchemaHub.Infrastructure.Specs.Security;

/// <summary>
/// Every relation in the catalog is isolated, or stands on a list with its reason: whatever is new fails here until it
/// is one or the other, and the message says what to do.
/// </summary>
[TestFixture]
public sealed class CatalogueSpec : TwoOrganizations
{
    private const string Schemas = Relation.Schemas;

    // Names that secrets have, and some that are none.
    private const string SecretName = "pass|token|hash|secret|encrypt|credential|signature|(^|_)(key|pin|otp|salt)$";

    private static readonly Dictionary<string, string> NoSecrets = new(StringComparer.Ordinal)
    {
        ["backstage.contacts.unsubscribe_token"] =
            "For the service's queries, which tell by it who was erased; not for SQL readers (ReaderColumnsSpec).",
        ["podcast.ai_token_usage.token_count"] = "Counts words.",
        ["podcast.attribution_validations.passed"] = "Says how a check ended.",
        ["podcast.integration_tokens.token_type"] = "Says what sort it is.",
        ["podcast.onboarding_steps.step_key"] = "A name.",
        ["sending.domains.public_key"] = "Published in the domain's DNS.",
        ["snorq.platform_connections.token_expires_at"] = "Says when.",
    };

    [Test]
    public async Task Every_table_and_partition_is_isolated_also_from_its_owner() =>
        (
            await Catalog(
                $"""
                select c.oid::regclass::text
                from pg_class c
                where c.relkind in ('r', 'p', 'f') and c.relnamespace::regnamespace::text in {Schemas}
                    and not (c.relrowsecurity and c.relforcerowsecurity)
                """
            )
        ).ShouldBeEmpty("alter table … enable row level security; alter table … force row level security");

    [Test]
    public void Every_relation_says_whose_its_rows_are()
    {
        AllRelations
            .Where(relation => !relation.IsSequence && relation.SeenBy(Ours) is null)
            .ShouldBeEmpty(
                "add a column organization_id (podcast: tenant_id) and the policies writer, tenant and reader, or list "
                    + "the table in Owners with its reason"
            );
        var known = AllRelations.Select(relation => relation.Name).ToList();
        Owners
            .Catalogues.Keys.Concat(Owners.ServiceOwn.Keys)
            .Concat(Owners.SystemsWhereNull)
            .Concat(Owners.PersonsWhereNull)
            .Concat(Owners.ByRowsOfOurs.Keys)
            .Concat(Owners.Barriers.Keys)
            .Except(known)
            .ShouldBeEmpty("listed in Owners, and not in the database");
    }

    [Test]
    public async Task Every_table_has_the_policies_of_its_readers()
    {
        var policies = await Catalog(
            $"""
            select format('%I.%I to %s for %s', p.schemaname, p.tablename, r.name, lower(p.cmd))
            from pg_policies p, unnest(p.roles) as r (name)
            where p.schemaname in {Schemas} and r.name not in ('schemahub_owner', 'schemahub_builder')
            """
        );
        var needed = new List<string>();
        foreach (var table in Tables)
        {
            // The log is only appended to, logins are only read: rights say so, and policies need not.
            var command = table.Name == "access.readers" ? "select" : "all";
            needed.Add($"{table} to schemahub_writer for {command}");
            // Without a policy nobody sees a row of a person's own.
            if (table.IsWritersOnly() || Owners.PersonsOwn.ContainsKey(table.Name))
                continue;

            needed.Add($"{table} to schemahub_app for select");
            if (!table.IsInternal())
                needed.Add($"{table} to schemahub_reader for select");
        }

        // The document's policy: outside of every organization a person sees their own.
        needed.Add("smarthub.sessions to schemahub_app for select");
        needed.AddRange(Telemetry.Select(table => $"{table} to schemahub_app for insert"));
        needed.Except(policies).ShouldBeEmpty("create policy writer, tenant (podcast: tenant_isolation), reader");
        policies.Except(needed).ShouldBeEmpty("drop the policy, or list its table in Owners or here");
    }

    [Test]
    public async Task Only_catalogues_are_open_to_everybody_who_may_read()
    {
        var open = await Catalog(
            $"""
            select format('%I.%I', p.schemaname, p.tablename)
            from pg_policies p
            where p.schemaname in {Schemas} and p.qual = 'true'
                and p.roles && array['schemahub_app', 'schemahub_reader', 'public']::name[]
            """
        );
        open.Distinct(StringComparer.Ordinal)
            .Except(Owners.Catalogues.Keys)
            .ShouldBeEmpty("using (true): isolate it, or list it in Owners.Catalogues with its reason");
        (
            await Catalog(
                $"""
                select format('%I.%I %I', p.schemaname, p.tablename, p.policyname)
                from pg_policies p
                where p.schemaname in {Schemas} and (p.qual ~ ' IN \( SELECT' or p.with_check ~ ' IN \( SELECT')
                """
            )
        ).ShouldBeEmpty("write id = any (array(select …)): with in (select …) every row of the table is read");
    }

    [Test]
    public async Task Views_have_the_rights_of_whoever_asks()
    {
        var views = await Catalog(
            """
            select c.oid::regclass::text
            from pg_class c
            join pg_namespace n on n.oid = c.relnamespace
            where c.relkind = 'v' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
                and not coalesce('security_invoker=true' = any (c.reloptions), false)
            """
        );
        views.Except(Owners.Barriers.Keys).ShouldBeEmpty("make the view with (security_invoker = true)");
        (
            await Catalog(
                """
                select c.oid::regclass::text
                from pg_class c
                where c.relkind = 'v' and 'security_barrier=true' = any (c.reloptions)
                    and c.relnamespace <> 'pg_catalog'::regnamespace
                """
            )
        ).ShouldBe(Owners.Barriers.Keys, "a view with its owner's rights must be a barrier");
    }

    [Test]
    public async Task Partitions_materialized_views_and_the_services_own_tables_are_granted_to_the_writer_alone()
    {
        var relations = AllRelations.Where(relation => relation.IsWritersOnly() || relation.IsSequence).ToList();
        relations.Count(relation => relation.IsPartition).ShouldBeGreaterThanOrEqualTo(15);
        var names = string.Join(", ", relations.Select(relation => $"'{relation}'"));
        (
            await Catalog(
                $"""
                select format('%s: %s to %s', c.oid::regclass, g.privilege_type, coalesce(r.rolname, 'public'))
                from pg_class c
                cross join lateral (
                    select c.relacl as acl
                    union all
                    select a.attacl from pg_attribute a where a.attrelid = c.oid
                ) granted
                cross join lateral aclexplode(granted.acl) g
                left join pg_roles r on r.oid = g.grantee
                where c.oid::regclass::text in ({names})
                    and coalesce(r.rolname, 'public')
                        not in ('schemahub_owner', 'schemahub_writer', 'schemahub_builder')
                """
            )
        ).ShouldBeEmpty("revoke it: only the writer comes here directly");
    }

    [Test]
    public async Task A_builder_reads_the_log_and_writes_what_martens_daemon_keeps()
    {
        string[] read = ["log", "mt_events", "mt_events_sequence", "mt_streams", "streams"];
        string[] write =
        [
            "mt_doc_deadletterevent",
            "mt_event_progression",
            "mt_event_projection_floors",
            "mt_high_water_skips",
        ];
        var granted = await Catalog(
            $"""
            select format('%s: %s', c.oid::regclass, string_agg(g.privilege_type, ' ' order by g.privilege_type))
            from pg_class c
            cross join lateral aclexplode(c.relacl) g
            join pg_roles r on r.oid = g.grantee and r.rolname = 'schemahub_builder'
            where c.relnamespace::regnamespace::text in {Schemas}
            group by c.oid
            """
        );
        List<string> expected =
        [
            .. read.Select(name => $"events.{name}: SELECT"),
            .. write.Select(name => $"events.{name}: DELETE INSERT SELECT UPDATE"),
        ];
        granted.Order(StringComparer.Ordinal).ShouldBe(expected.Order(StringComparer.Ordinal));
    }

    [Test]
    public async Task Secrets_can_be_selected_by_the_writer_alone()
    {
        var readable = await Catalog(
            $"""
            select format('%s.%I', c.oid::regclass, a.attname)
            from pg_class c
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where c.relnamespace::regnamespace::text in {Schemas} and c.relkind in ('r', 'p', 'v', 'm', 'f')
                and a.attname ~ '{SecretName}'
                and (has_column_privilege('schemahub_app', c.oid, a.attnum, 'select')
                    or has_column_privilege('schemahub_reader', c.oid, a.attnum, 'select'))
            """
        );
        readable
            .Except(NoSecrets.Keys)
            .ShouldBeEmpty("grant select by columns and leave it out, or list it in NoSecrets with its reason");
        NoSecrets.Keys.Except(readable).ShouldBeEmpty("listed in NoSecrets, and nobody can select it");
    }

    [Test]
    public async Task Nothing_of_ours_lies_in_other_schemas() =>
        (
            await Catalog(
                $"""
                select c.oid::regclass::text
                from pg_class c
                join pg_namespace n on n.oid = c.relnamespace
                where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and n.nspname not in {Schemas}
                    and c.relkind in ('r', 'v', 'm', 'p', 'f', 'S') and n.nspname <> 'schema_migrations'
                """
            )
        ).ShouldBeEmpty("this specification looks at its schemas only");
}
