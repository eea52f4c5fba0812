using Npgsql;
using SchemaHub.Domain;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Database;

/// <summary>
/// The schemas whose tables are to be filled from the log or compared with it, because a migration changed them,
/// because they were switched on, or because the program is another one. What is owed survives a killed start: the
/// next one does it.
/// </summary>
internal static class OwedRebuilds
{
    // The compiler gives each different source its own: nobody has to remember that a projection has changed.
    private static readonly string Program =
        $"{typeof(IProjection).Module.ModuleVersionId:n}/{typeof(IAudited).Module.ModuleVersionId:n}";

    private const string AddOne = "insert into schema_migrations.owed (name) values ($1) on conflict (name) do nothing";

    /// <summary>Writes it down in the transaction of a migration.</summary>
    public static async Task Add(NpgsqlConnection connection, string schema, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(AddOne, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = schema });
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <inheritdoc cref="Add(NpgsqlConnection, string, CancellationToken)"/>
    public static async Task Add(Installation installation, string schema, CancellationToken cancellation)
    {
        await using var connection = await installation.Administrator.OpenConnectionAsync(cancellation);
        await Add(connection, schema, cancellation);
    }

    /// <summary>What is owed, the service's own schemas first; those that are off wait until they are on.</summary>
    public static async Task<IReadOnlyList<string>> Read(Installation installation, CancellationToken cancellation)
    {
        var owed = await installation.Administrator.Rows(
            "select o.name from schema_migrations.owed o",
            row => row.GetString(0),
            cancellation
        );
        return [.. Rebuild.SchemasOf(installation).Where(owed.Contains)];
    }

    /// <summary>The schemas that this very program has filled or compared.</summary>
    public static Task<List<string>> ReadFilled(Installation installation, CancellationToken cancellation) =>
        installation.Administrator.Rows(
            "select f.name from schema_migrations.filled f where f.program = $1",
            row => row.GetString(0),
            cancellation,
            new NpgsqlParameter<string> { TypedValue = Program }
        );

    /// <summary>Whether one schema's tables are still owed.</summary>
    public static async Task<bool> IsOwed(NpgsqlConnection connection, string schema, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            "select exists (select from schema_migrations.owed o where o.name = $1)",
            connection
        );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = schema });
        return await command.ExecuteScalarAsync(cancellation) is true;
    }

    /// <summary>The schema's tables are what this program makes of the log.</summary>
    public static async Task Done(Installation installation, string schema, CancellationToken cancellation)
    {
        await using var batch = installation.Administrator.CreateBatch();
        batch.Add(
            """
            insert into schema_migrations.filled (name, program) values ($1, $2)
            on conflict (name) do update set program = excluded.program
            """,
            new NpgsqlParameter<string> { TypedValue = schema },
            new NpgsqlParameter<string> { TypedValue = Program }
        );
        batch.Add(
            "delete from schema_migrations.owed where name = $1",
            new NpgsqlParameter<string> { TypedValue = schema }
        );
        await batch.ExecuteNonQueryAsync(cancellation);
    }
}
