using System.Globalization;
using System.Text.Json;
using Npgsql;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Faults;

/// <summary>Looks at everything once a round has come to rest.</summary>
internal sealed class Observation(Cluster cluster, Client client, Promises promises, int seed, Prepared setting)
{
    private const int SampledProofs = 4;
    private const int SampledAnswers = 60;

    private static readonly TimeSpan LongestSealing = TimeSpan.FromMinutes(1);

    private readonly Random _random = new(seed + 5);
    private readonly List<string> _findings = [];

    private Guid Organization { get; } = Guid.Parse(setting.Organization);

    public async Task<Observed> Run()
    {
        await CheckHealth();
        await CheckAnswers();
        var opening = await Opening();
        await CheckProofs();
        foreach (var node in cluster.Nodes)
            await node.Stop();

        // Whatever opens the database takes in the one entry that a crash may leave in the journal alone.
        await CheckRebuild();
        await CheckLog();
        var observed = await Read();
        return observed with { Opening = opening, Findings = _findings };
    }

    private async Task CheckHealth()
    {
        foreach (var node in cluster.Nodes)
        {
            if (!await node.IsReady())
                _findings.Add($"{node.Name} is not ready at the end.");

            if (node.EndedByItself > 0)
                _findings.Add($"{node.Name} ended by itself {node.EndedByItself} times after it had been ready.");
        }
    }

    /// <summary>The same request under the same key answers the same again.</summary>
    private async Task CheckAnswers()
    {
        foreach (var (ask, first) in Sample([.. promises.Answers], SampledAnswers))
        {
            var again = await client.Settle(ask);
            if (again.Body != first.Body)
                _findings.Add($"{ask} answered {first.Body}, and repeated under its key {again.Status} {again.Body}.");
        }
    }

    /// <summary>The secrets that open a node; one that opens some nodes and not others is a finding.</summary>
    private async Task<IReadOnlySet<string>> Opening()
    {
        var opening = new HashSet<string>(StringComparer.Ordinal);
        var secrets = promises.Keys.Select(key =>
            (Name: key.ToString(), Secret: key.Secret, Path: "/api/v1/contacts?limit=1")
        );
        var tokens = promises.Sessions.Select(session =>
            (Name: session.ToString(), Secret: session.Token, Path: "/api/v1/me")
        );
        foreach (var (name, secret, path) in secrets.Concat(tokens).Where(secret => secret.Secret.Length > 0))
        {
            var nodes = 0;
            foreach (var node in cluster.Nodes)
            {
                var answer = await client.Try(node, new Ask(HttpMethod.Get, path) { Bearer = secret });
                nodes += answer is { IsDone: true } ? 1 : 0;
            }

            if (nodes > 0)
                opening.Add(secret);

            if (nodes > 0 && nodes < cluster.Nodes.Count)
                _findings.Add($"{name} opens {nodes} of {cluster.Nodes.Count} nodes.");
        }

        return opening;
    }

    /// <summary>The consents of some contacts can be proven with the public key alone.</summary>
    private async Task CheckProofs()
    {
        var publicKey = Path.Combine(cluster.Keys, "seal.pub.pem");
        var known = promises.Contacts.Where(contact => contact is { Number: not null, Events.Count: > 0 }).ToList();
        foreach (var contact in Sample(known, SampledProofs))
        {
            if (await Proof(contact) is not { } bundle)
                continue;

            var file = Path.Combine(cluster.Directory, "bundle.json");
            await File.WriteAllTextAsync(file, bundle);
            var (exitCode, output, errors) = await cluster.TryRun("verify", file, "--key", publicKey);
            if (exitCode != 0)
                _findings.Add($"The proof of {contact} does not verify: {output} {errors}");
        }
    }

    private async Task<string?> Proof(PromisedContact contact)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"/api/v1/contacts/{contact.Number}/consent/proof");
        using var late = new CancellationTokenSource(LongestSealing);
        while (true)
        {
            var answer = await client.Settle(new Ask(HttpMethod.Get, path));
            // It is sealed a moment after it is written.
            if (answer.IsDone && Versions(answer) >= contact.Events.Count)
                return answer.Body;

            if (late.IsCancellationRequested)
            {
                _findings.Add($"The consent of {contact} cannot be proven: {answer.Status} {answer.Code}.");
                return null;
            }

            await Task.Delay(200);
        }
    }

    private static int Versions(Answer answer) => answer.Json.GetProperty("events").GetArrayLength();

    private async Task CheckRebuild()
    {
        var (exitCode, output, errors) = await cluster.TryRun("rebuild", "--all", "--json");
        if (exitCode != 0)
        {
            _findings.Add($"The tables cannot be rebuilt: {errors}");
            return;
        }

        foreach (var schema in JsonSerializer.Deserialize<JsonElement>(output).EnumerateObject())
        {
            var mended = schema.Value.GetProperty("rowsMended").GetInt64();
            if (mended > 0)
                _findings.Add($"A rebuild of {schema.Name} mended {mended} rows: {schema.Value}");
        }
    }

    /// <summary>The log's own rules, whoever wrote it.</summary>
    private async Task CheckLog()
    {
        var wrong = await Rows(
            """
            select 'the head of stream ' || coalesce(s.id, e.stream_id)::text || ' is not its last event'
            from (
                select h.tenant_id, h.id, h.version, n.number
                from events.mt_streams h
                left join events.streams n on n.tenant_id = h.tenant_id and n.id = h.id
                -- What Marten keeps for the tombstones of batches that failed.
                where h.version > 0
            ) s
            full join (
                select e.tenant_id, e.stream_id, max(e.version) as version, min(e.seq_id) as number
                from events.mt_events e
                group by e.tenant_id, e.stream_id
            ) e on e.tenant_id = s.tenant_id and e.stream_id = s.id
            where (s.version, s.number) is distinct from (e.version, e.number)
            union all
            select 'time goes back at position ' || t.seq_id::text
            from (
                select e.seq_id, e.timestamp < lag(e.timestamp) over (order by e.seq_id) as is_back
                from events.mt_events e
            ) t
            where t.is_back
            limit 20
            """,
            reader => reader.GetString(0)
        );
        _findings.AddRange(wrong.Select(what => $"In the log, {what}."));
    }

    private async Task<Observed> Read() =>
        new()
        {
            SetUpTo = setting.LastPosition,
            Log = await Rows(
                """
                select e.seq_id, e.stream_id, s.number, e.version, e.type
                from events.mt_events e
                join events.streams s on s.tenant_id = e.tenant_id and s.id = e.stream_id
                where e.tenant_id = $1
                order by e.seq_id
                """,
                row => new LogEntry(
                    row.GetInt64(0),
                    row.GetGuid(1),
                    row.GetInt64(2),
                    row.GetInt64(3),
                    row.GetString(4)
                ),
                Organization.ToString()
            ),
            Contacts = await Rows(
                "select c.id, c.email, c.subscribed from backstage.contacts c where c.organization_id = $1",
                row => new ListedContact(row.GetInt32(0), row.GetString(1), row.GetBoolean(2)),
                Organization
            ),
            Campaigns = await Campaigns(),
            Ledger = await Ledger(),
            Records = await Rows(
                "select p.id, p.name from podcast.partners p where p.tenant_id = $1",
                row => (row.GetGuid(0), row.GetString(1)),
                Organization
            ),
            Mails = cluster.Mails.Taken,
            Journal = JournalEntries(out var last),
            JournalNumbers = (
                last,
                (await Rows("select s.journal_number from events.safekeeping s", row => row.GetInt64(0)))[0]
            ),
        };

    private Task<List<ListedCampaign>> Campaigns() =>
        Rows(
            """
            select c.id, c.status, c.total_recipients, c.sent_count
            from backstage.email_campaigns c where c.organization_id = $1
            """,
            row => new ListedCampaign(row.GetInt32(0), row.GetString(1), row.GetInt32(2), row.GetInt32(3)),
            Organization
        );

    private Task<List<LedgerRow>> Ledger() =>
        Rows(
            """
            select l.id, l.campaign_id, l.contact_id, l.status, l.in_doubt
            from backstage.email_logs l
            where l.organization_id = $1 and l.campaign_id is not null
            """,
            row => new LedgerRow(
                row.GetInt32(0),
                row.GetInt32(1),
                row.GetInt32(2),
                row.GetString(3),
                row.GetBoolean(4)
            ),
            Organization
        );

    private IReadOnlyList<(Guid Stream, string Type)> JournalEntries(out long last)
    {
        var journal = Journal.Open(cluster.Keys);
        last = journal.LastNumber;
        return
        [
            .. journal
                .ReadAfter(0)
                .Where(entry => entry is { Stream: not null, Event: not null })
                .Select(entry => (entry.Stream!.Value, entry.Event!)),
        ];
    }

    private Task<List<T>> Rows<T>(string sql, Func<NpgsqlDataReader, T> read, params object[] parameters) =>
        cluster.Database.Query(sql, read, parameters);

    private IEnumerable<T> Sample<T>(List<T> all, int count)
    {
        for (; count > 0 && all.Count > 0; count--)
        {
            var i = _random.Next(all.Count);
            yield return all[i];
            all.RemoveAt(i);
        }
    }
}
