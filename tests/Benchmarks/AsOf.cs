using Npgsql;
using SchemaHub.Application.Compliance;

namespace SchemaHub.Benchmarks;

/// <summary>
/// Everyone who could be written to, read to the end. The floor reads the same answer from a plain table.
/// </summary>
internal static class AsOf
{
    public static async Task Measure(Site site, int contacts, Report report)
    {
        await site.SealAll();
        await using var source = NpgsqlDataSource.Create(site.Service.ConnectionString + ";Command Timeout=0");
        await using var connection = await source.OpenConnectionAsync();
        // What the server does by itself within a minute of an import.
        await Execute(connection, "vacuum analyze backstage.contacts");
        await Execute(connection, "vacuum analyze backstage.consent_history");
        await Execute(
            connection,
            """
            create table as_of_answer as
            select h.contact_id, c.email, h.id::bigint as consent
            from backstage.consent_history h
            join backstage.contacts c on c.id = h.contact_id
            """
        );
        await Execute(connection, "vacuum analyze as_of_answer");
        report.AddSeconds("as-of", await Rounds.Compare(() => Ask(site, contacts), () => Read(connection, contacts)));
    }

    private static Task<double> Ask(Site site, int contacts) =>
        Rounds.Seconds(async () =>
        {
            var found = 0;
            var query = new ConsentAsOf(TimeProvider.System.GetUtcNow());
            await foreach (var _ in await site.Service.Send(site.Organization, query))
                found++;

            RequireAll(found, contacts);
        });

    private static Task<double> Read(NpgsqlConnection connection, int contacts) =>
        Rounds.Seconds(async () =>
        {
            await using var command = new NpgsqlCommand(
                "select a.contact_id, a.email, a.consent from as_of_answer a",
                connection
            );
            await using var reader = await command.ExecuteReaderAsync();
            var found = 0;
            while (await reader.ReadAsync())
            {
                _ = (reader.GetInt32(0), reader.GetString(1), reader.GetInt64(2));
                found++;
            }

            RequireAll(found, contacts);
        });

    private static void RequireAll(int found, int contacts)
    {
        if (found != contacts)
            throw new InvalidOperationException($"{found} contacts were found instead of {contacts}.");
    }

    private static async Task Execute(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
