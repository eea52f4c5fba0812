using Npgsql;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Contacts;

/// <summary>
/// Looks tokens up as the writer, which sees every tenant: the token is what tells the tenant. The unique index of the
/// published table answers.
/// </summary>
internal sealed class UnsubscribeTokens(NpgsqlDataSource writer) : IUnsubscribeTokens
{
    public async Task<TokenOwner?> Find(string token, CancellationToken cancellation)
    {
        // A character that no token has, such as U+0000, would be the server's error instead of an unknown token.
        if (token.Length != 64 || !token.All(char.IsAsciiHexDigitLower))
            return null;

        await using var command = writer.CreateCommand(
            "select c.organization_id, c.id from backstage.contacts c where c.unsubscribe_token = $1"
        );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = token });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? new TokenOwner(reader.GetGuid(0), reader.GetInt32(1)) : null;
    }
}
