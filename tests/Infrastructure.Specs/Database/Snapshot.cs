using System.Security.Cryptography;
using Npgsql;

namespace SchemaHub.Infrastructure.Specs.Database;

/// <summary>Everything in a keys directory and in a database, to see that nothing changed.</summary>
internal static class Snapshot
{
    public static async Task<string> Of(string connectionString, string directory) =>
        $"{OfDirectory(directory)}\n{await OfDatabase(connectionString)}";

    private static string OfDirectory(string directory) =>
        Directory.Exists(directory)
            ? string.Join(
                '\n',
                Directory
                    .GetFiles(directory)
                    .Order(StringComparer.Ordinal)
                    .Select(file => $"{file} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}")
            )
            : "no directory";

    private static async Task<string> OfDatabase(string connectionString)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        var tables = await Column(source, Relations('r'));
        var sequences = await Column(source, Relations('S'));
        var all = new List<string>();
        foreach (var table in tables)
            all.AddRange(await Column(source, $"select '{table} ' || t::text from {table} t order by 1"));

        foreach (var sequence in sequences)
            all.AddRange(
                await Column(source, $"select '{sequence} ' || s.last_value || s.is_called from {sequence} s")
            );

        all.AddRange(await Column(source, "select rolname || coalesce(rolpassword, '') from pg_authid order by 1"));
        return string.Join('\n', all);
    }

    private static string Relations(char kind) =>
        $"""
            select format('%I.%I', n.nspname, c.relname)
            from pg_class c
            join pg_namespace n on n.oid = c.relnamespace
            where c.relkind = '{kind}' and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
            order by 1
            """;

    private static async Task<List<string>> Column(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var values = new List<string>();
        while (await reader.ReadAsync())
            values.Add(reader.GetString(0));

        return values;
    }
}
