using Npgsql;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs;

/// <summary>What specs ask the database itself, as its administrator.</summary>
internal static class Sql
{
    public static async Task<T> Scalar<T>(this TestService service, string sql)
    {
        await using var command = service.Installation.Administrator.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public static async Task<int> Execute(this TestService service, string sql)
    {
        await using var command = service.Installation.Administrator.CreateCommand(sql);
        return await command.ExecuteNonQueryAsync();
    }

    /// <summary>Every row of a table as text, in the order of its first column.</summary>
    public static async Task<List<string>> Rows(this TestService service, string table)
    {
        await using var command = service.Installation.Administrator.CreateCommand(
            $"select t::text from {table} t order by 1"
        );
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
            rows.Add(reader.GetString(0));

        return rows;
    }

    /// <summary>The first column of a query, as text.</summary>
    public static async Task<List<string>> Texts(this TestService service, string sql)
    {
        await using var command = service.Installation.Administrator.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var texts = new List<string>();
        while (await reader.ReadAsync())
            texts.Add(reader.GetString(0));

        return texts;
    }
}
