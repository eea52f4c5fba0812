using Npgsql;

namespace SchemaHub.Infrastructure.Postgres;

/// <summary>The databases of the private server.</summary>
internal static class ServerDatabases
{
    /// <summary>
    /// Takes from everybody the right to connect to a database, and to make temporary tables there. PostgreSQL grants
    /// both by default; whoever is to have them is granted them by name.
    /// </summary>
    public static async Task RevokePublicAccess(string connectionString, CancellationToken cancellation)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync(cancellation);
        await using var revoke = new NpgsqlCommand(
            """
            do $$
            declare
                name text;
            begin
                for name in
                    select d.datname
                    from pg_database d
                    where d.datallowconn and (has_database_privilege('public', d.oid, 'connect')
                        or has_database_privilege('public', d.oid, 'temporary'))
                loop
                    execute format('revoke connect, temporary on database %I from public', name);
                end loop;
            end
            $$
            """,
            connection
        );
        await revoke.ExecuteNonQueryAsync(cancellation);
    }
}
