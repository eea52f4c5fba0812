using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;
using SchemaHub.Application;
using SchemaHub.Infrastructure;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Benchmarks;

/// <summary>New contacts with everything that comes with one, each in a call of its own.</summary>
internal static class Appends
{
    private const string Sql = """
        with n as materialized (select nextval('events.mt_events_sequence') as seq),
        s as (
            insert into events.mt_streams (tenant_id, id, type, version, timestamp, created)
            values ($1, $2, 'contact', 1, $3, $3)
        ),
        k as (
            insert into events.streams (tenant_id, id, number, subject_key)
            select $1, $2, n.seq, $4 from n
        ),
        e as (
            insert into events.mt_events (seq_id, id, stream_id, version, data, type, timestamp, tenant_id)
            select n.seq, $5, $2, 1, $6, 'contact_added', $3, $1 from n
        ),
        c as (
            insert into backstage.contacts
                (id, user_id, email, name, subscribed, unsubscribe_token, metadata, created_at, updated_at,
                    organization_id)
            select n.seq, $7, $8, $9, true, $10, null, $11, $11, $12 from n
        )/* receipt */
        insert into backstage.consent_history
            (id, user_id, contact_id, action, timestamp, source, ip_address, user_agent, metadata, organization_id)
        select n.seq, $7, n.seq, 'subscribe', $11, 'api', $13, $14, $15, $12 from n
        """;

    private const string Receipt = """
        ,
        r as (
            insert into events.receipts
                (tenant_id, actor, key, request_hash, stream_id, version, sequence, number, recorded_at)
            select $1, 'operator', $16, $17, $2, 1, n.seq, n.seq, $3 from n
        )
        """;

    private static readonly (string Figure, int Callers, bool Keyed)[] All =
    [
        ("append-1", 1, false),
        ("append-32", 32, false),
        ("append-256", 256, false),
        ("append-32-keyed", 32, true),
    ];

    /// <summary>The same commands: their batches written by Marten and, as the floor, by direct statements.</summary>
    public static async Task MeasureDirect(BenchmarkServer server, BenchmarkOptions options, Report report)
    {
        foreach (var callers in new[] { 1, 32, 256 })
        {
            var figure = $"append-direct-{callers}";
            if (!options.Wants(figure))
                continue;

            await using var marten = await Site.Create(server);
            await using var direct = await Site.Create(
                server,
                customize: services =>
                    services.AddSingleton(provider =>
                        InfrastructureServices.WriterOf(
                            provider.GetRequiredService<Installation>(),
                            provider,
                            transaction => new DirectSession(transaction)
                        )
                    )
            );
            report.AddRate(
                figure,
                "contacts/s",
                await Rounds.Compare(
                    () => Rate(marten, callers, options.Window),
                    () => Rate(direct, callers, options.Window)
                )
            );
        }
    }

    /// <summary>New contacts by the service, everything sealed before the other side has its turn.</summary>
    public static async Task<double> Rate(Site site, int callers, TimeSpan window, bool keyed = false)
    {
        var rate = await Rounds.Rate(callers, window, _ => Add(site, keyed));
        await site.SealAll();
        return rate;
    }

    public static async Task Measure(BenchmarkServer server, BenchmarkOptions options, Report report)
    {
        foreach (var (figure, callers, keyed) in All)
        {
            if (!options.Wants(figure))
                continue;

            await using var site = await Site.Create(server);
            var supply = new Supply<NewContact>(() => NewContact.Rows(site.Service.Installation.Keys, site.Tenant));
            await using var floor = await FloorStatement.Prepare(
                site.Floor,
                callers,
                keyed ? Sql.Replace("/* receipt */", Receipt, StringComparison.Ordinal) : Sql,
                () => Parameters(keyed)
            );
            var owner = await site.Owner();
            report.AddRate(
                figure,
                "contacts/s",
                await Rounds.Compare(
                    () => Rate(site, callers, options.Window, keyed),
                    () =>
                    {
                        supply.Fill(options.Supplied);
                        return Rounds.Rate(
                            callers,
                            options.Window,
                            caller => Insert(floor.Of(caller), supply.Take(), site, owner, keyed)
                        );
                    }
                )
            );
        }
    }

    private static Task Add(Site site, bool keyed) =>
        site.Service.Send(
            site.Organization,
            NewContact.Ask(),
            caller =>
                NewContact.Caller(caller) with
                {
                    IdempotencyKey = keyed ? Guid.CreateVersion7().ToString() : null,
                }
        );

    private static Task Insert(NpgsqlCommand command, NewContact row, Site site, int owner, bool keyed)
    {
        var now = TimeProvider.System.GetUtcNow();
        var published = DateTime.SpecifyKind(now.UtcDateTime, DateTimeKind.Unspecified);
        var place = 0;
        command.Set(ref place, site.Tenant);
        command.Set(ref place, row.Stream);
        command.Set(ref place, now);
        command.Set(ref place, row.Key);
        command.Set(ref place, row.EventId);
        command.Set(ref place, row.EventJson);
        command.Set(ref place, owner);
        command.Set(ref place, row.Email);
        command.Set(ref place, row.Name);
        command.Set(ref place, row.Token);
        command.Set(ref place, published);
        command.Set(ref place, site.Organization);
        command.Set(ref place, row.Evidence.Ip!);
        command.Set(ref place, row.Evidence.UserAgent!);
        command.Set(ref place, row.HistoryMetadata);
        if (keyed)
        {
            command.Set(ref place, Guid.CreateVersion7().ToString());
            command.Set(ref place, SHA256.HashData(row.Key));
        }

        return command.ExecuteNonQueryAsync();
    }

    private static IEnumerable<NpgsqlParameter> Parameters(bool keyed)
    {
        NpgsqlParameter[] row =
        [
            new NpgsqlParameter<string>(),
            new NpgsqlParameter<Guid>(),
            new NpgsqlParameter<DateTimeOffset>(),
            new NpgsqlParameter<byte[]>(),
            new NpgsqlParameter<Guid>(),
            new NpgsqlParameter<string> { NpgsqlDbType = NpgsqlDbType.Jsonb },
            new NpgsqlParameter<int>(),
            new NpgsqlParameter<string>(),
            new NpgsqlParameter<string>(),
            new NpgsqlParameter<string>(),
            new NpgsqlParameter<DateTime> { NpgsqlDbType = NpgsqlDbType.Timestamp },
            new NpgsqlParameter<Guid>(),
            new NpgsqlParameter<string>(),
            new NpgsqlParameter<string>(),
            new NpgsqlParameter<string> { NpgsqlDbType = NpgsqlDbType.Jsonb },
        ];
        return keyed ? [.. row, new NpgsqlParameter<string>(), new NpgsqlParameter<byte[]>()] : row;
    }
}
