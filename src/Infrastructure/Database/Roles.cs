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
    private const long LockKey = 0x5348_524F_4C45; // "SHROLE"

    /// <summary>Makes what is missing, under a lock of the whole server.</summary>
    public static async Task Ensure(
        NpgsqlConnectionStringBuilder administrator,
        KeyRing keys,
        CancellationToken cancellation
    )
    {
        // Advisory locks are a database's, roles a server's: everybody locks in the one database that always exists.
        var common = new NpgsqlConnectionStringBuilder(administrator.ConnectionString)
        {
            Database = "postgres",
            Pooling = false,
        };
        await using var connection = new NpgsqlConnection(common.ConnectionString);
        await connection.OpenAsync(cancellation);
        await Execute(connection, $"select pg_advisory_lock({LockKey})", cancellation);
        foreach (var group in new[] { "schemahub_owner", "schemahub_writer", "schemahub_app", "schemahub_reader" })
            await EnsureRole(connection, group, "nologin", cancellation);

        // The administrator acts as the owner in migrations, also where it is not a superuser.
        await Execute(connection, "grant schemahub_owner to current_user", cancellation);
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
    }

    /// <summary>Makes a login for a SQL reader of one organization.</summary>
    public static async Task CreateReader(
        NpgsqlConnection administrator,
        string role,
        string password,
        CancellationToken cancellation
    )
    {
        await Execute(administrator, $"create role {Quote(role)} login password {Literal(password)}", cancellation);
        await Execute(administrator, $"grant schemahub_reader to {Quote(role)}", cancellation);
        await Execute(
            administrator,
            $"grant connect on database {Quote(administrator.Database)} to {Quote(role)}",
            cancellation
        );
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
    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
