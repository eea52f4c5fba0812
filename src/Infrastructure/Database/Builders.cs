using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Npgsql;
using SchemaHub.Domain;

namespace SchemaHub.Infrastructure.Database;

/// <summary>
/// Logins of programs that the operator builds on the log: they read all of it and keep their own tables in a schema of
/// their own. What is personal stays encrypted, and none of them can append.
/// </summary>
public static partial class Builders
{
    /// <summary>The role whose rights and policies all builders have.</summary>
    internal const string Group = "schemahub_builder";

    /// <summary>Makes a login and its schema. Its password is in the answer and nowhere else.</summary>
    /// <param name="schema">The schema that it will own: lower-case letters, digits and underscores.</param>
    /// <exception cref="RuleBrokenException"><c>builder.schema_invalid</c> or <c>builder.schema_taken</c>.</exception>
    public static async Task<NewBuilder> Create(
        Installation installation,
        string schema,
        CancellationToken cancellation
    )
    {
        if (!SchemaName().IsMatch(schema))
            throw new RuleBrokenException(
                "builder.schema_invalid",
                "A schema's name is 1 to 40 lower-case letters, digits and underscores, and begins with a letter."
            );

        var role = $"{Group}_{RandomNumberGenerator.GetHexString(12, lowercase: true)}";
        var password = RandomNumberGenerator.GetHexString(48, lowercase: true);
        await using var connection = await installation.Administrator.OpenConnectionAsync(cancellation);
        await using var command = new NpgsqlCommand(
            $"""
            begin;
            create role {Roles.Quote(role)} login password {Roles.Literal(password)};
            grant {Group} to {Roles.Quote(role)};
            grant {Roles.Quote(role)} to current_user;
            grant connect on database {Roles.Quote(connection.Database)} to {Roles.Quote(role)};
            create schema {Roles.Quote(schema)} authorization {Roles.Quote(role)};
            commit
            """,
            connection
        );
        try
        {
            await command.ExecuteNonQueryAsync(cancellation);
        }
        catch (PostgresException taken) when (taken.SqlState == PostgresErrorCodes.DuplicateSchema)
        {
            throw new RuleBrokenException("builder.schema_taken", $"There is a schema {schema} already.");
        }

        return new NewBuilder(role, schema, installation.ConnectionOf(role, password));
    }

    /// <summary>The logins there are, with the schemas that they own in this database.</summary>
    public static async Task<IReadOnlyList<Builder>> List(Installation installation, CancellationToken cancellation) =>
        await installation.Administrator.Rows(
            $"""
            select r.rolname::text, n.nspname::text,
                (select count(*) from pg_stat_activity a where a.usename = r.rolname)::integer
            from pg_roles r
            join pg_namespace n on n.nspowner = r.oid
            where r.rolname like '{Group}\_%'
            order by n.nspname
            limit 1000
            """,
            row => new Builder(row.GetString(0), row.GetString(1), row.GetInt32(2)),
            cancellation
        );

    /// <summary>
    /// Takes a login back: its sessions end, and its schema goes to the administrator with what is in it.
    /// </summary>
    /// <returns>False where there is no such login.</returns>
    public static async Task<bool> Revoke(Installation installation, string role, CancellationToken cancellation)
    {
        if (!(await List(installation, cancellation)).Any(builder => builder.Role == role))
            return false;

        await using var connection = await installation.Administrator.OpenConnectionAsync(cancellation);
        await using var command = new NpgsqlCommand(
            $"""
            alter role {Roles.Quote(role)} nologin;
            select pg_terminate_backend(a.pid, 5000) from pg_stat_activity a where a.usename = {Roles.Literal(role)};
            reassign owned by {Roles.Quote(role)} to current_user;
            drop owned by {Roles.Quote(role)};
            drop role {Roles.Quote(role)}
            """,
            connection
        );
        await command.ExecuteNonQueryAsync(cancellation);
        return true;
    }

    [GeneratedRegex("^(?!pg_)[a-z][a-z0-9_]{0,39}$", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex SchemaName();
}

/// <summary>A new builder's login.</summary>
public sealed record NewBuilder(string Role, string Schema, string ConnectionString);

/// <summary>A builder's login.</summary>
/// <param name="Schema">The schema that it owns.</param>
public sealed record Builder(string Role, string Schema, int Sessions);
