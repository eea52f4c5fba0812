using Npgsql;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Infrastructure.Database;

/// <summary>
/// The roles of the service. Rights and policies belong to group roles, the same on every server; the logins that
/// are members of them carry the installation in their names, since roles are the server's: two installations on one
/// server have passwords of their own, and each database lets in the logins of its own installation only.
/// </summary>
internal static class Roles
{
    /// <summary>Owns the schemas.</summary>
    public const string Owner = "schemahub_owner";

    /// <summary>Makes what is missing, one installation of the server after the other.</summary>
    /// <param name="patience">How long another installation's start is waited for.</param>
    /// <exception cref="StartBlockedException">Another program makes roles and does not end.</exception>
    public static async Task Ensure(
        NpgsqlConnectionStringBuilder administrator,
        KeyRing keys,
        TimeSpan patience,
        CancellationToken cancellation
    )
    {
        var own = new NpgsqlConnectionStringBuilder(administrator.ConnectionString) { Pooling = false };
        await using var connection = new NpgsqlConnection(own.ConnectionString);
        await connection.OpenAsync(cancellation);
        await EnsureOwner(connection, cancellation);
        await Execute(connection, "begin", cancellation);
        // Roles belong to the server, and an advisory lock only to a database. The lock of a role's comment is the
        // server's, holds until the transaction ends, and needs the right to make roles, which no reader has.
        await StartLock.Run(
            connection,
            $"comment on role {Owner} is 'SchemaHub: owns the schemas; migrations run as it.'",
            $"""
            l.locktype = 'object' and l.classid = 'pg_authid'::regclass and l.mode = 'ShareUpdateExclusiveLock'
                and l.objid = (select r.oid from pg_roles r where r.rolname = '{Owner}')
            """,
            "roles",
            patience,
            cancellation
        );
        foreach (var group in new[] { "schemahub_writer", "schemahub_app", Readers.Group, Builders.Group })
            await EnsureRole(connection, group, "nologin", cancellation);

        // The administrator acts as the owner in migrations, also where it is not a superuser.
        await Execute(connection, $"grant {Owner} to current_user", cancellation);
        await EnsureLogin(connection, keys.Logins.Writer, keys.Logins.WriterPassword, "schemahub_writer", cancellation);
        await EnsureLogin(connection, keys.Logins.App, keys.Logins.AppPassword, "schemahub_app", cancellation);

        // The groups are those of every installation on the server: whose members are let in is what tells them apart.
        var database = Quote(administrator.Database ?? administrator.Username!);
        await Execute(connection, $"revoke connect, temporary on database {database} from public", cancellation);
        await Execute(
            connection,
            $"grant connect on database {database} to {Quote(keys.Logins.Writer)}, {Quote(keys.Logins.App)}",
            cancellation
        );
        await Execute(connection, "commit", cancellation);
    }

    // Before the lock, which is on this role. Two programs may come at once: the second waits for the first's row.
    private static async Task EnsureOwner(NpgsqlConnection connection, CancellationToken cancellation)
    {
        try
        {
            await EnsureRole(connection, Owner, "nologin", cancellation);
        }
        catch (PostgresException existing)
            when (existing.SqlState is PostgresErrorCodes.DuplicateObject or PostgresErrorCodes.UniqueViolation)
        {
            // Another installation on the server has just made it.
        }
    }

    private static async Task EnsureLogin(
        NpgsqlConnection connection,
        string role,
        string password,
        string group,
        CancellationToken cancellation
    )
    {
        await EnsureRole(connection, role, $"login password {Literal(password)}", cancellation);
        await Execute(connection, $"grant {group} to {Quote(role)}", cancellation);
    }

    private static async Task EnsureRole(
        NpgsqlConnection connection,
        string role,
        string options,
        CancellationToken cancellation
    )
    {
        await using var find = new NpgsqlCommand("select 1 from pg_roles where rolname = $1", connection);
        find.Parameters.AddWithValue(role);
        if (await find.ExecuteScalarAsync(cancellation) is null)
            await Execute(connection, $"create role {Quote(role)} {options}", cancellation);
    }

    private static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    // Utility statements take no parameters. What is quoted here we made ourselves, and is quoted all the same.
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    public static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
