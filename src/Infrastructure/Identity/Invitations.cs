using Npgsql;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>Looks invitations up over all organizations, which no tenant's query may.</summary>
internal sealed class Invitations(NpgsqlDataSource writer) : IInvitations
{
    public async Task<IReadOnlyList<Guid>> Pending(Guid organization, CancellationToken cancellation) =>
        [
            .. (
                await Find(
                    "i.organization_id = $1 and i.status = 'pending' order by i.number",
                    cancellation,
                    new NpgsqlParameter<Guid> { TypedValue = organization }
                )
            ).Select(found => found.Id),
        ];

    public async Task<long> CountOpen(Guid organization, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(
            """
            select count(*) from access.invitations i
            where i.organization_id = $1 and i.status = 'pending' and i.expires_at > $2
            """
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = organization });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = now.ToUniversalTime() });
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    public Task<IReadOnlyList<FoundInvitation>> Of(Guid user, CancellationToken cancellation) =>
        Find(
            """
            i.user_id = $1 or lower(i.email collate "C") = (
                select lower(u.email collate "C") from access.users u where u.id = $1
            )
            order by i.number
            """,
            cancellation,
            new NpgsqlParameter<Guid> { TypedValue = user }
        );

    public Task<IReadOnlyList<FoundInvitation>> Due(
        DateTimeOffset now,
        long after,
        int limit,
        CancellationToken cancellation
    ) => Old("i.status = 'pending' and i.expires_at <= $1", now, after, limit, cancellation);

    public Task<IReadOnlyList<FoundInvitation>> ToForget(
        DateTimeOffset endedBefore,
        long after,
        int limit,
        CancellationToken cancellation
    ) =>
        Old(
            "i.status in ('expired', 'revoked') and not i.is_forgotten and i.updated_at <= $1",
            endedBefore,
            after,
            limit,
            cancellation
        );

    private Task<IReadOnlyList<FoundInvitation>> Old(
        string condition,
        DateTimeOffset until,
        long after,
        int limit,
        CancellationToken cancellation
    ) =>
        Find(
            $"{condition} and i.number > $2 order by i.number limit $3",
            cancellation,
            new NpgsqlParameter<DateTimeOffset> { TypedValue = until.ToUniversalTime() },
            new NpgsqlParameter<int> { TypedValue = (int)after },
            new NpgsqlParameter<int> { TypedValue = limit }
        );

    private async Task<IReadOnlyList<FoundInvitation>> Find(
        string condition,
        CancellationToken cancellation,
        params NpgsqlParameter[] parameters
    ) =>
        await writer.Rows(
            $"select i.id, i.organization_id, i.number from access.invitations i where {condition}",
            row => new FoundInvitation(row.GetGuid(0), row.GetGuid(1), row.GetInt32(2)),
            cancellation,
            parameters
        );
}
