using System.Globalization;
using System.Security.Cryptography;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Domain;

namespace SchemaHub.Infrastructure.Database;

/// <summary>Logins of SQL readers: one organization each, told apart by the login and not by a setting.</summary>
public static class Readers
{
    /// <summary>The role whose rights and policies all readers have.</summary>
    internal const string Group = "schemahub_reader";

    /// <summary>Makes a login. Its password is in the answer and nowhere else.</summary>
    /// <exception cref="NotFoundException">There is no such organization.</exception>
    /// <exception cref="RuleBrokenException"><c>organization.closed</c>.</exception>
    /// <exception cref="NotSupportedException">This server lets every login take the service's locks.</exception>
    public static async Task<NewReader> Create(
        Installation installation,
        Guid organization,
        CancellationToken cancellation,
        ReaderLimits? limits = null,
        TimeProvider? clock = null
    )
    {
        var allowed = (limits ?? new ReaderLimits()).Checked();
        var role = $"{Group}_{RandomNumberGenerator.GetHexString(12, lowercase: true)}";
        var password = RandomNumberGenerator.GetHexString(48, lowercase: true);
        await using var connection = await installation.Administrator.OpenConnectionAsync(cancellation);
        await RequireOpen(connection, organization, cancellation);
        await RequireRevokedFunctions(connection, cancellation);
        await using (var transaction = await connection.BeginTransactionAsync(cancellation))
        {
            await CreateLogin(connection, role, password, allowed, cancellation);
            await using var map = new NpgsqlCommand(
                "insert into access.readers (role_name, organization_id, created_at) values ($1::name, $2, $3)",
                connection
            );
            map.Parameters.AddWithValue(role);
            map.Parameters.AddWithValue(organization);
            map.Parameters.AddWithValue((clock ?? TimeProvider.System).GetUtcNow());
            await map.ExecuteNonQueryAsync(cancellation);
            await transaction.CommitAsync(cancellation);
        }

        return new NewReader(role, installation.ConnectionOf(role, password), await Hidden(connection, cancellation));
    }

    /// <summary>The logins there are, oldest first.</summary>
    /// <param name="organization">Only of this one; of all where null.</param>
    public static async Task<IReadOnlyList<Reader>> List(
        Installation installation,
        Guid? organization,
        CancellationToken cancellation
    ) =>
        await installation.Administrator.Rows(
            """
            select r.role_name::text, r.organization_id, o.slug, r.created_at,
                case
                    when r.revoked_at is not null then 'being revoked'
                    when p.rolname is null then 'login missing'
                    when o.closed_at is not null or o.id is null then 'organization closed'
                    else 'active'
                end,
                (select count(*) from pg_stat_activity a where a.usename = r.role_name)::integer
            from access.readers r
            left join access.organizations o on o.id = r.organization_id
            left join pg_roles p on p.rolname = r.role_name
            where $1::uuid is null or r.organization_id = $1
            order by r.created_at, r.role_name
            limit 10000
            """,
            row => new Reader(
                row.GetString(0),
                row.GetGuid(1),
                row.IsDBNull(2) ? null : row.GetString(2),
                row.GetFieldValue<DateTimeOffset>(3),
                row.GetString(4),
                row.GetInt32(5)
            ),
            cancellation,
            new NpgsqlParameter
            {
                NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid,
                Value = organization ?? (object)DBNull.Value,
            }
        );

    /// <summary>The tables of which a reader may read some columns only, and the columns it may not.</summary>
    internal static async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> Hidden(
        NpgsqlConnection administrator,
        CancellationToken cancellation
    )
    {
        await using var command = new NpgsqlCommand(
            """
            select c.oid::regclass::text, array_agg(a.attname::text order by a.attnum)
            from pg_class c
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where c.relnamespace::regnamespace::text = any ($1) and c.relkind in ('r', 'p', 'v')
                and has_any_column_privilege($2, c.oid, 'select')
                and not has_column_privilege($2, c.oid, a.attnum, 'select')
            group by c.oid
            order by 1
            """,
            administrator
        );
        command.Parameters.AddWithValue(PublishedSchemas.All.ToArray());
        command.Parameters.AddWithValue(Group);
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var hidden = new SortedDictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        while (await rows.ReadAsync(cancellation))
            hidden[rows.GetString(0)] = rows.GetFieldValue<string[]>(1);

        return hidden;
    }

    private static async Task CreateLogin(
        NpgsqlConnection administrator,
        string role,
        string password,
        ReaderLimits limits,
        CancellationToken cancellation
    )
    {
        var isSuperuser = await Is(
            administrator,
            "select r.rolsuper from pg_roles r where r.rolname = current_user",
            cancellation
        );
        List<(string Setting, string Value)> settings =
        [
            ("statement_timeout", $"{Text(limits.StatementSeconds)}s"),
            ("idle_in_transaction_session_timeout", $"{Text(limits.IdleInTransactionSeconds)}s"),
            ("idle_session_timeout", $"{Text(limits.IdleSeconds)}s"),
            ("lock_timeout", "10s"),
        ];
        // These a reader cannot change, and only a superuser can set: what it makes PostgreSQL write to disk.
        if (isSuperuser)
            settings.AddRange(
                ("temp_file_limit", $"{Text(limits.TempFileMegabytes)}MB"),
                ("log_min_messages", "panic"),
                ("log_min_error_statement", "panic")
            );

        var name = Roles.Quote(role);
        List<string> statements =
        [
            $"create role {name} login password {Roles.Literal(password)} connection limit {Text(limits.Connections)}",
            $"grant {Group} to {name}",
            $"grant connect on database {Roles.Quote(administrator.Database)} to {name}",
            .. settings.Select(set => $"alter role {name} set {set.Setting} = {Roles.Literal(set.Value)}"),
        ];
        // Who is no superuser sees and ends the sessions of those roles only that it is a member of.
        if (!isSuperuser)
            statements.Add($"grant {name} to current_user");

        await using var command = new NpgsqlCommand(string.Join(";\n", statements), administrator);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static async Task RequireOpen(
        NpgsqlConnection administrator,
        Guid organization,
        CancellationToken cancellation
    )
    {
        await using var command = new NpgsqlCommand(
            "select o.closed_at is not null from access.organizations o where o.id = $1",
            administrator
        );
        command.Parameters.AddWithValue(organization);
        if (await command.ExecuteScalarAsync(cancellation) is not bool isClosed)
            throw new NotFoundException("organization");

        if (isClosed)
            throw new RuleBrokenException("organization.closed", "This organization was closed.");
    }

    private static async Task RequireRevokedFunctions(NpgsqlConnection administrator, CancellationToken cancellation)
    {
        const string open = $"""
            select exists (
                select from pg_proc p
                where {Migrator.NotForReaders} and has_function_privilege('{Group}', p.oid, 'execute')
            )
            or has_table_privilege('{Group}', 'pg_catalog.pg_settings', 'update')
            """;
        if (await Is(administrator, open, cancellation))
            throw new NotSupportedException(
                "On this server every login may take the locks that the service takes, and store large objects. Only "
                    + "a superuser can change that: run `schemahub migrate` once as a superuser, then make readers."
            );
    }

    private static async Task<bool> Is(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancellation) is true;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A new reader's login.</summary>
/// <param name="Hidden">
/// Columns that no reader may read, by table: there <c>select *</c> is refused, and columns must be named.
/// </param>
public sealed record NewReader(
    string Role,
    string ConnectionString,
    IReadOnlyDictionary<string, IReadOnlyList<string>> Hidden
);

/// <summary>A reader's login.</summary>
/// <param name="Organization">The slug; null where the organization is not known.</param>
/// <param name="State">active, organization closed, being revoked, login missing.</param>
/// <param name="Sessions">Open now.</param>
public sealed record Reader(
    string Role,
    Guid OrganizationId,
    string? Organization,
    DateTimeOffset CreatedAt,
    string State,
    int Sessions
);
