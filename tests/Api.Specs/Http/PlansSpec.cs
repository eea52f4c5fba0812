using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using SchemaHub.Api.Http;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Testing;
using static SchemaHub.Api.Specs.Support.TestTenant;

namespace SchemaHub.Api.Specs.Http;

/// <summary>
/// What lists and look-ups read under the service's own roles, with 20,000 contacts of one organization and then 20,000
/// of another: row-level security keeps many conditions from using an index.
/// </summary>
public sealed partial class PlansSpec
{
    // More often than PostgreSQL plans a statement for its values before it plans it once for all values.
    private const int Repetitions = 12;
    private const long LastOfOurs = 120_000;

    private TestApi _api = null!;
    private TestTenant _ours = null!;
    private long _ann;

    [OneTimeSetUp]
    public async Task Fill()
    {
        // Without the sealer, the sender and the jobs: what they read beside us is not what a request reads.
        _api = await TestApi.StartAlone(customize: host => WithoutBackgroundWork(host.Services));
        _ours = await _api.NewTenant();
        using var theirs = await _api.NewTenant();
        _ann = await _ours.Subscribe("ann@example.com");
        await Seed(first: 100_001, LastOfOurs, _ours);
        await Seed(LastOfOurs + 1, last: 140_000, theirs);
        await Execute("analyze");
    }

    [OneTimeTearDown]
    public async Task Dispose()
    {
        _ours.Dispose();
        await _api.DisposeAsync();
    }

    [Test]
    public Task The_first_page_reads_itself() => ShouldReadFew(List, mostRows: 60);

    [Test]
    public Task A_page_in_the_middle_reads_itself() =>
        ShouldReadFew(
            $"{List}?limit=200&after={PageToken.Of("contacts subscribed= email=False", 110_000)}",
            mostRows: 210
        );

    [Test]
    public Task The_last_page_reads_nothing_of_the_organization_after_it() =>
        ShouldReadFew($"{List}?after={PageToken.Of("contacts subscribed= email=False", LastOfOurs - 3)}", mostRows: 10);

    [Test]
    public Task A_page_of_subscribers_reads_itself() => ShouldReadFew($"{List}?subscribed=true", mostRows: 60);

    [Test]
    public Task A_contact_is_found_by_its_number() => ShouldReadFew(Contact(_ann), mostRows: 3);

    [Test]
    public Task A_contact_is_found_by_its_address() => ShouldReadFew($"{List}?email=ann%40example.com", mostRows: 4);

    [Test]
    public Task A_contact_is_looked_up_by_its_address() =>
        ShouldReadFew(List + "/lookups", mostRows: 4, """{"email":"ann@example.com"}""");

    [Test]
    public Task A_history_is_found_by_its_contact() => ShouldReadFew(Contact(_ann, "/history"), mostRows: 5);

    [Test]
    public Task A_replay_reads_one_stream() => ShouldReadFew(Contact(_ann, "/consent"), mostRows: 6);

    private async Task ShouldReadFew(string path, int mostRows, string? body = null)
    {
        var method = body is null ? HttpMethod.Get : HttpMethod.Post;
        using var statements = new SentStatements();
        var before = await RowsRead();
        for (var i = 0; i < Repetitions; i++)
        {
            var answer = await _ours.Send(method, path, body);
            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        }

        var read = await RowsRead() - before;
        var plans = string.Join('\n', await Task.WhenAll(statements.All.Select(Explain)));
        plans.ShouldContain("Index");
        WholeTable().IsMatch(plans).ShouldBeFalse(plans);
        (read / Repetitions).ShouldBeLessThanOrEqualTo(mostRows, plans);
    }

    /// <summary>The plan for all values, under the login that the service sent the statement with.</summary>
    private async Task<string> Explain((bool ByApp, string Sql) statement)
    {
        var source = statement.ByApp ? _api.Installation.App : _api.Installation.Writer;
        var parameters = Parameter().Matches(statement.Sql).Select(found => found.Value).Distinct().Count();
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await Run($"select set_config('app.current_tenant', '{_ours.Organization}', true)");
        await Run("set local plan_cache_mode = force_generic_plan");
        await Run($"prepare explained as {statement.Sql}");
        var values = parameters == 0 ? "" : $"({string.Join(", ", Enumerable.Repeat("null", parameters))})";
        await using var explain = new NpgsqlCommand($"explain (costs off) execute explained {values}", connection);
        await using var reader = await explain.ExecuteReaderAsync();
        var plan = new List<string> { statement.Sql };
        while (await reader.ReadAsync())
            plan.Add(reader.GetString(0));

        await reader.DisposeAsync();
        await Run("deallocate explained");
        return string.Join('\n', plan);

        async Task Run(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
        }
    }

    /// <summary>Rows of the log and of contacts that were read so far, by whatever plan.</summary>
    private async Task<long> RowsRead()
    {
        // A connection reports what it read when it ends.
        _api.Installation.App.Clear();
        _api.Installation.Writer.Clear();
        const string busy = """
            select count(*) from pg_stat_activity
            where datname = current_database() and usename ~ '^schemahub_(app|writer)_' and wait_event <> 'ClientRead'
            """;
        const string open = """
            select count(*) from pg_stat_activity
            where datname = current_database() and usename ~ '^schemahub_app_'
            """;
        await Eventually.True(async () => await Count(busy) == 0 && await Count(open) == 0);

        return await Count(
            """
            select sum(coalesce(t.seq_tup_read, 0) + coalesce(t.idx_tup_fetch, 0))::bigint
            from pg_stat_user_tables t
            where t.relname in ('contacts', 'consent_history', 'streams', 'mt_streams', 'mt_events')
            """
        );
    }

    private static void WithoutBackgroundWork(IServiceCollection services)
    {
        var background = services
            .Where(service =>
                service.ServiceType == typeof(IHostedService)
                && service.ImplementationType?.Namespace?.StartsWith("SchemaHub.", StringComparison.Ordinal) == true
            )
            .ToList();
        background.Select(service => service.ImplementationType).ShouldContain(typeof(Sending));
        background.ForEach(service => services.Remove(service));
    }

    private Task Seed(long first, long last, TestTenant tenant) =>
        Execute(
            $"""
            create temporary table seeded on commit drop as
            select i as id, gen_random_uuid() as stream, o.organization_id, o.user_id
            from generate_series({first}, {last}) i
            join access.organization_owners o on o.organization_id = '{tenant.Organization}';
            insert into events.mt_streams (tenant_id, id, type, version)
            select s.organization_id::text, s.stream, 'contact', 1 from seeded s;
            insert into events.streams (tenant_id, id, number)
            select s.organization_id::text, s.stream, s.id from seeded s;
            insert into events.mt_events (seq_id, id, stream_id, version, data, type, tenant_id)
            select s.id, gen_random_uuid(), s.stream, 1, '{"{}"}', 'contact_added', s.organization_id::text
            from seeded s;
            insert into backstage.contacts
                (id, user_id, email, subscribed, unsubscribe_token, created_at, updated_at, organization_id)
            select s.id, s.user_id, s.id || '@example.com', true, md5(s.id::text) || md5(s.stream::text), now(), now(),
                s.organization_id
            from seeded s;
            insert into backstage.consent_history
                (id, user_id, contact_id, action, timestamp, source, metadata, organization_id)
            select s.id, s.user_id, s.id, 'subscribe', now(), 'api', '{"{}"}', s.organization_id from seeded s;
            """
        );

    // What filling read is counted now, by the connection that read it, not in the middle of a spec.
    private async Task Execute(string sql)
    {
        await using var command = _api.Installation.Administrator.CreateCommand(
            $"{sql}; select pg_stat_force_next_flush()"
        );
        await command.ExecuteNonQueryAsync();
    }

    private async Task<long> Count(string sql)
    {
        await using var command = _api.Installation.Administrator.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    [GeneratedRegex(@"\$[0-9]+", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Parameter();

    [GeneratedRegex(
        "Seq Scan on (contacts|consent_history|streams|mt_streams|mt_events)",
        RegexOptions.ExplicitCapture,
        1_000
    )]
    private static partial Regex WholeTable();

    /// <summary>What the service sends to the database, as its own tracing tells it.</summary>
    private sealed class SentStatements : IDisposable
    {
        private readonly ConcurrentDictionary<(bool ByApp, string Sql), bool> _seen = new();
        private readonly ActivityListener _listener;

        public SentStatements()
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == "Npgsql",
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
                ActivityStopped = Note,
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public IEnumerable<(bool ByApp, string Sql)> All => _seen.Keys;

        public void Dispose() => _listener.Dispose();

        private void Note(Activity sent)
        {
            var byApp = $"{sent.GetTagItem("db.npgsql.data_source")}".Contains("schemahub_app_");
            var byService = byApp || $"{sent.GetTagItem("db.npgsql.data_source")}".Contains("schemahub_writer_");
            foreach (var sql in $"{sent.GetTagItem("db.query.text")}".Split(";\n"))
            {
                if (byService && (sql.Contains("from backstage.") || sql.Contains("from events.")))
                    _seen.TryAdd((byApp, sql), true);
            }
        }
    }
}
