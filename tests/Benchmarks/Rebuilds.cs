using Npgsql;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Benchmarks;

/// <summary>
/// The published contacts and their history anew, from a log of two events for each contact. The floor reads the same
/// events in one statement, copies the finished rows in PostgreSQL's binary format into logged tables like the live
/// ones, and makes every index that the live ones have; it decrypts, folds and compares nothing.
/// </summary>
internal static class Rebuilds
{
    private const int Events = 200_000;
    private static readonly string[] Tables = ["contacts", "consent_history"];

    public static async Task Measure(BenchmarkServer server, BenchmarkOptions options, Report report)
    {
        var contacts = options.Scaled(Events / 2);
        await using var site = await Site.Create(
            server,
            async (service, organization) =>
            {
                var wordings = await SampleList.PublishWordings(service, organization);
                await SampleList.Add(service, organization, contacts, wordings.First);
            }
        );
        await site.SealAll();
        await using var source = NpgsqlDataSource.Create(site.Service.ConnectionString + ";Command Timeout=0");
        await using var connection = await source.OpenConnectionAsync();
        var copies = new Dictionary<string, (string[] Columns, byte[] Rows, string[] Indexes)>();
        foreach (var table in Tables)
        {
            var columns = await Columns(connection, table);
            copies[table] = (columns, await CopyOut(connection, table, columns), await Indexes(connection, table));
        }

        report.AddRate(
            "rebuild",
            "events/s",
            await Rounds.Compare(
                () => Rebuild(site, contacts),
                async () =>
                {
                    await Execute(connection, "drop schema if exists floor cascade; create schema floor");
                    foreach (var table in Tables)
                        await Execute(
                            connection,
                            $"create table floor.{table} (like backstage.{table} including defaults)"
                        );

                    var read = 0;
                    var seconds = await Rounds.Seconds(async () =>
                    {
                        read = await ReadAll(connection);
                        foreach (var (table, copy) in copies)
                            await CopyIn(connection, table, copy.Columns, copy.Rows);

                        foreach (var index in copies.Values.SelectMany(copy => copy.Indexes))
                            await Execute(connection, index);
                    });
                    return read / seconds;
                },
                rounds: 3
            )
        );
    }

    private static async Task<double> Rebuild(Site site, int contacts)
    {
        RebuildResult? result = null;
        var rebuild = new Rebuild(site.Service.Installation, "backstage");
        var seconds = await Rounds.Seconds(async () => result = await rebuild.Run(CancellationToken.None));
        if (result!.Events < 2 * contacts || result.RowsMended > 0)
            throw new InvalidOperationException($"The rebuild is wrong: {result}.");

        return result.Events / seconds;
    }

    private static async Task<int> ReadAll(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(
            """
            select e.seq_id, e.stream_id, e.version, e.type, e.timestamp, e.tenant_id, e.data::text, s.number,
                s.subject_key
            from events.mt_events e
            join events.streams s on s.tenant_id = e.tenant_id and s.id = e.stream_id
            order by e.seq_id
            """,
            connection
        );
        await using var reader = await command.ExecuteReaderAsync();
        var rows = 0;
        while (await reader.ReadAsync())
        {
            _ = (reader.GetInt64(0), reader.GetGuid(1), reader.GetInt64(2), reader.GetString(3));
            _ = (reader.GetFieldValue<DateTimeOffset>(4), reader.GetString(5), reader.GetString(6), reader.GetInt64(7));
            _ = await reader.IsDBNullAsync(8) ? null : reader.GetFieldValue<byte[]>(8);
            rows++;
        }

        return rows;
    }

    private static async Task<byte[]> CopyOut(NpgsqlConnection connection, string table, string[] columns)
    {
        await using var rows = await connection.BeginRawBinaryCopyAsync(
            $"copy backstage.{table} ({string.Join(", ", columns)}) to stdout (format binary)"
        );
        using var memory = new MemoryStream();
        await rows.CopyToAsync(memory);
        return memory.ToArray();
    }

    private static async Task CopyIn(NpgsqlConnection connection, string table, string[] columns, byte[] rows)
    {
        await using var copy = await connection.BeginRawBinaryCopyAsync(
            $"copy floor.{table} ({string.Join(", ", columns)}) from stdin (format binary)"
        );
        await copy.WriteAsync(rows);
    }

    private static Task<string[]> Columns(NpgsqlConnection connection, string table) =>
        Texts(
            connection,
            """
            select quote_ident(a.attname)
            from pg_attribute a
            where a.attrelid = ('backstage.' || $1)::regclass and a.attnum > 0 and not a.attisdropped
            order by a.attnum
            """,
            table
        );

    private static Task<string[]> Indexes(NpgsqlConnection connection, string table) =>
        Texts(
            connection,
            """
            select replace(i.indexdef, ' ON backstage.', ' ON floor.')
            from pg_indexes i
            where i.schemaname = 'backstage' and i.tablename = $1
            order by i.indexname
            """,
            table
        );

    private static async Task<string[]> Texts(NpgsqlConnection connection, string sql, string table)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = table });
        await using var reader = await command.ExecuteReaderAsync();
        var texts = new List<string>();
        while (await reader.ReadAsync())
            texts.Add(reader.GetString(0));

        return [.. texts];
    }

    private static async Task Execute(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
