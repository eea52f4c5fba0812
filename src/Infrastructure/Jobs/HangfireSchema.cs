using System.Reflection;
using System.Security.Cryptography;
using Hangfire.PostgreSql;
using Npgsql;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Jobs;

/// <summary>Hangfire's own tables: made by <c>migrate</c> as the owner, used by the writer alone.</summary>
internal static class HangfireSchema
{
    public const string Name = "hangfire";

    /// <summary>The name under which the migrations know Hangfire's tables.</summary>
    public const string MigrationName = $"{Name}/tables";

    // Hangfire changes rows when it changes tables, and under forced row-level security an owner sees none.
    private static readonly string LetOwnerIn = ForEachTable(
        "execute format('alter table %s no force row level security', own);"
    );

    private static readonly string Isolate =
        ForEachTable(
            """
            execute format('alter table %s enable row level security', own);
            execute format('alter table %s force row level security', own);
            if not exists (select from pg_policy p where p.polrelid = own and p.polname = 'writer') then
                execute format('create policy writer on %s to schemahub_writer using (true) with check (true)', own);
            end if;
            """
        )
        + $"""
            ;
            grant usage on schema {Name} to schemahub_writer;
            grant select, insert, update, delete on all tables in schema {Name} to schemahub_writer;
            grant usage, select on all sequences in schema {Name} to schemahub_writer
            """;

    /// <summary>Of the scripts that make the tables.</summary>
    public static byte[] Checksum()
    {
        var library = typeof(PostgreSqlObjectsInstaller).Assembly;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var script in Scripts(library))
        {
            using var stream = library.GetManifestResourceStream(script)!;
            hash.AppendData(SHA256.HashData(stream));
        }

        hash.AppendData(System.Text.Encoding.UTF8.GetBytes(Isolate));
        return hash.GetHashAndReset();
    }

    /// <summary>Makes Hangfire's tables as the owner, or brings them up to this version.</summary>
    public static async Task Migrate(NpgsqlConnectionStringBuilder administrator, CancellationToken cancellation)
    {
        await using var source = LibraryTables.ConnectAsOwner(administrator);
        await using var owner = await source.OpenConnectionAsync(cancellation);
        await Execute(owner, LetOwnerIn, cancellation);
        PostgreSqlObjectsInstaller.Install(owner, Name);
        await Execute(owner, Isolate, cancellation);
    }

    /// <param name="statements">In PL/pgSQL; the table is <c>own</c>.</param>
    private static string ForEachTable(string statements) =>
        $"""
            do $$
            declare
                own regclass;
            begin
                for own in
                    select c.oid from pg_class c where c.relnamespace = '{Name}'::regnamespace and c.relkind = 'r'
                loop
                    {statements}
                end loop;
            end
            $$
            """;

    private static IEnumerable<string> Scripts(Assembly library) =>
        library
            .GetManifestResourceNames()
            .Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

    private static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
