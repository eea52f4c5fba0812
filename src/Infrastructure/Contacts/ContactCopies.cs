using Npgsql;
using NpgsqlTypes;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Identity;

namespace SchemaHub.Infrastructure.Contacts;

/// <summary>
/// Rows that nothing was written of before, copied into a shadow: a third of what the statements that serve the log's
/// commits cost. Rows and values are theirs.
/// </summary>
internal static class ContactCopies
{
    public static async Task Copy(
        NpgsqlConnection connection,
        string schema,
        IEnumerable<ContactRow> rows,
        OrganizationOwners owners,
        CancellationToken cancellation
    )
    {
        await using var copy = await connection.BeginBinaryImportAsync(
            $"""
            copy {schema}.contacts
                (id, user_id, email, name, subscribed, unsubscribe_token, metadata, created_at, updated_at,
                    organization_id)
            from stdin (format binary)
            """,
            cancellation
        );
        foreach (var row in rows)
        {
            copy.StartRow();
            copy.Write(checked((int)row.Id), NpgsqlDbType.Integer);
            copy.WriteOrNull(owners.At(row.Organization, row.FirstSequence), NpgsqlDbType.Integer);
            copy.Write(row.Email ?? row.ErasedEmail, NpgsqlDbType.Varchar);
            copy.WriteOrNull(row.Name, NpgsqlDbType.Varchar);
            copy.Write(row.Subscribed ?? false, NpgsqlDbType.Boolean);
            copy.WriteOrNull(row.Token, NpgsqlDbType.Varchar);
            copy.WriteOrNull(row.Metadata, NpgsqlDbType.Jsonb);
            copy.WriteUtc(row.CreatedAt);
            copy.WriteUtc(row.UpdatedAt);
            copy.Write(row.Organization, NpgsqlDbType.Uuid);
        }

        await copy.CompleteAsync(cancellation);
    }

    public static async Task Copy(
        NpgsqlConnection connection,
        string schema,
        IEnumerable<HistoryRow> rows,
        OrganizationOwners owners,
        CancellationToken cancellation
    )
    {
        await using var copy = await connection.BeginBinaryImportAsync(
            $"""
            copy {schema}.consent_history
                (id, user_id, contact_id, action, timestamp, source, ip_address, user_agent, metadata, organization_id)
            from stdin (format binary)
            """,
            cancellation
        );
        foreach (var row in rows)
        {
            copy.StartRow();
            copy.Write(checked((int)row.Id), NpgsqlDbType.Integer);
            copy.WriteOrNull(owners.At(row.Organization, row.Id), NpgsqlDbType.Integer);
            copy.Write(checked((int)row.ContactId), NpgsqlDbType.Integer);
            copy.Write(row.Action, NpgsqlDbType.Varchar);
            copy.WriteUtc(row.At);
            copy.Write(row.Source, NpgsqlDbType.Varchar);
            copy.WriteOrNull(row.Ip, NpgsqlDbType.Varchar);
            copy.WriteOrNull(row.UserAgent, NpgsqlDbType.Text);
            copy.Write(row.Metadata, NpgsqlDbType.Jsonb);
            copy.Write(row.Organization, NpgsqlDbType.Uuid);
        }

        await copy.CompleteAsync(cancellation);
    }
}
