using System.Security.Cryptography;
using Npgsql;

namespace SchemaHub.Infrastructure.Database;

/// <summary>Logins of SQL readers: one organization each, told apart by the login and not by a setting.</summary>
public static class Readers
{
    /// <summary>Makes a login. Its password is in the answer and nowhere else.</summary>
    public static async Task<NewReader> Create(
        Installation installation,
        Guid organization,
        CancellationToken cancellation
    )
    {
        var role = $"schemahub_reader_{RandomNumberGenerator.GetHexString(12, lowercase: true)}";
        var password = RandomNumberGenerator.GetHexString(48, lowercase: true);
        await using var connection = await installation.Administrator.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await Roles.CreateReader(connection, role, password, cancellation);
        await using (
            var map = new NpgsqlCommand(
                "insert into access.readers (role_name, organization_id) values ($1::name, $2)",
                connection
            )
        )
        {
            map.Parameters.AddWithValue(role);
            map.Parameters.AddWithValue(organization);
            await map.ExecuteNonQueryAsync(cancellation);
        }

        await transaction.CommitAsync(cancellation);
        var login = new NpgsqlConnectionStringBuilder(installation.Administrator.ConnectionString);
        var reader = new NpgsqlConnectionStringBuilder
        {
            Host = login.Host,
            Port = login.Port,
            Database = login.Database,
            Username = role,
            Password = password,
        };
        return new NewReader(role, reader.ConnectionString);
    }
}

/// <summary>A reader's login.</summary>
public sealed record NewReader(string Role, string ConnectionString);
