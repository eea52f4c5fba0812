using System.Diagnostics;
using System.Globalization;
using Npgsql;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Benchmarks;

/// <summary>
/// A CSV of our own columns through the importer. The floor writes the rows that it came to, as many to a statement as
/// the importer takes to a commit, without the marks of how far the file was in.
/// </summary>
internal static class Imports
{
    private const int RowsAtOnce = 2_000;
    private const int Megabyte = 1024 * 1024;

    // Every column as one array, in log order, so that it goes back in as it came out.
    private const string Read = """
        select array_agg(r.seq_id), array_agg(r.id), array_agg(r.stream_id), array_agg(r.data), array_agg(r.timestamp),
            array_agg(r.subject_key), array_agg(r.user_id), array_agg(r.email), array_agg(r.name),
            array_agg(r.unsubscribe_token), array_agg(r.contact_metadata), array_agg(r.at), array_agg(r.metadata),
            max(r.seq_id), count(*)
        from (
            select e.seq_id, e.id, e.stream_id, e.data, e.timestamp, s.subject_key, c.user_id, c.email, c.name,
                c.unsubscribe_token, c.metadata as contact_metadata, h.timestamp as at, h.metadata
            from events.mt_events e
            join events.streams s on s.tenant_id = e.tenant_id and s.id = e.stream_id
            join backstage.contacts c on c.id = e.seq_id
            join backstage.consent_history h on h.id = e.seq_id
            where e.seq_id > $1
            order by e.seq_id
            limit $2
        ) r
        """;

    private const string Write = """
        with u as materialized (
            select u.seq, u.id, u.stream, u.data, u.recorded, u.key, u.owner, u.email, u.name, u.token, u.details, u.at,
                u.metadata
            from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                as u (seq, id, stream, data, recorded, key, owner, email, name, token, details, at, metadata)
        ),
        s as (
            insert into events.mt_streams (tenant_id, id, type, version, timestamp, created)
            select $14, u.stream, 'contact', 1, u.recorded, u.recorded from u
        ),
        k as (
            insert into events.streams (tenant_id, id, number, subject_key)
            select $14, u.stream, u.seq, u.key from u
        ),
        e as (
            insert into events.mt_events (seq_id, id, stream_id, version, data, type, timestamp, tenant_id)
            select u.seq, u.id, u.stream, 1, u.data, 'contact_added', u.recorded, $14 from u
        ),
        c as (
            insert into backstage.contacts
                (id, user_id, email, name, subscribed, unsubscribe_token, metadata, created_at, updated_at,
                    organization_id)
            select u.seq, u.owner, u.email, u.name, true, u.token, u.details, u.at, u.at, $14::uuid from u
        )
        insert into backstage.consent_history
            (id, user_id, contact_id, action, timestamp, source, metadata, organization_id)
        select u.seq, u.owner, u.seq, 'subscribe', u.at, 'import', u.metadata, $14::uuid from u
        """;

    /// <param name="report">Null where only the list is wanted.</param>
    public static async Task Measure(Site site, int rows, Report? report)
    {
        var path = Path.Combine(Path.GetTempPath(), $"schemahub-benchmark-{Guid.CreateVersion7():n}.csv");
        try
        {
            await WriteFile(path, rows);
            var seconds = await Rounds.Seconds(() => BringIn(site, path, rows));
            var memory = Process.GetCurrentProcess().PeakWorkingSet64;
            if (report is null)
                return;

            report.AddRate("import", "contacts/s", (rows / seconds, rows / await Floor(site)));
            report.Add("import-memory", "MB at most", (double)memory / Megabyte);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task BringIn(Site site, string path, int rows)
    {
        await using var file = File.OpenRead(path);
        var result = await site.Service.Send(site.Organization, new ImportContacts(file, new ContactFileOptions()));
        if (result.Counts.Added != rows || result.Counts.Consents != rows || result.Broken is not null)
            throw new InvalidOperationException($"The import is wrong: {result}.");
    }

    private static async Task WriteFile(string path, int rows)
    {
        await using var file = File.CreateText(path);
        await file.WriteLineAsync("email,name,opt_in_at,opt_in_ip,confirmed_at,confirm_ip,source,City,Favourite show");
        var first = new DateTimeOffset(2019, 3, 4, 5, 6, 7, TimeSpan.Zero);
        for (var i = 0; i < rows; i++)
        {
            var optIn = first.AddMinutes(i);
            var line = string.Create(
                CultureInfo.InvariantCulture,
                $"listener{i}@example.net,Listener {i},{optIn:yyyy-MM-dd HH:mm:ss},198.51.{i / 250 % 250}.{i % 250},"
                    + $"{optIn.AddMinutes(9):yyyy-MM-dd HH:mm:ss},203.0.{i / 250 % 250}.{i % 250},form,Graz,Night Train"
            );
            await file.WriteLineAsync(line);
        }
    }

    private static async Task<double> Floor(Site site)
    {
        await using var reading = await site.Service.Installation.Administrator.OpenConnectionAsync();
        await using var writing = await site.Floor.OpenConnectionAsync();
        await using var write = new NpgsqlCommand(Write, writing);
        var (seconds, after) = (0.0, 0L);
        while (await NextRows(reading, after) is { } rows)
        {
            if (write.Parameters.Count == 0)
            {
                for (var column = 0; column < rows.Columns.Length; column++)
                    write.Parameters.Add(new NpgsqlParameter { DataTypeName = rows.Types[column] });
                write.Parameters.Add(new NpgsqlParameter { DataTypeName = "text", Value = site.Tenant });
                await write.PrepareAsync();
            }

            for (var column = 0; column < rows.Columns.Length; column++)
                write.Parameters[column].Value = rows.Columns[column];

            seconds += await Rounds.Seconds(() => write.ExecuteNonQueryAsync());
            after = rows.Last;
        }

        return seconds;
    }

    private static async Task<(object[] Columns, string[] Types, long Last)?> NextRows(
        NpgsqlConnection connection,
        long after
    )
    {
        await using var command = new NpgsqlCommand(Read, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = RowsAtOnce });
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        var arrays = reader.FieldCount - 2;
        if (reader.GetInt64(arrays + 1) == 0)
            return null;

        var columns = Enumerable.Range(0, arrays).ToArray();
        return (
            [.. columns.Select(reader.GetValue)],
            [.. columns.Select(reader.GetDataTypeName)],
            reader.GetInt64(arrays)
        );
    }
}
