using Npgsql;
using SchemaHub.Application;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>Fills <c>backstage.users</c>.</summary>
internal sealed class UsersProjection : IProjection
{
    public string Schema => "backstage";

    public IReadOnlyList<PublishedTable> Tables { get; } = [new("users", "id")];

    public void Write(IReadOnlyList<RecordedEvent> events, string schema, NpgsqlBatch batch)
    {
        var users = events.Where(recorded => recorded.Data is UserRegistered).ToList();
        if (users.Count == 0)
            return;

        batch.Add(
            $"""
            insert into {schema}.users (id, email, password_hash, role, active, created_at, updated_at)
            select u.id, u.email, '!', 'user', true, u.at, u.at
            from unnest($1, $2, $3) as u (id, email, at)
            """,
            users.Select(recorded => (int)recorded.Number).Column(),
            users
                .Select(recorded => ((UserRegistered)recorded.Data).Email ?? $"erased+{recorded.Number}@erased.invalid")
                .Column(),
            users.Select(recorded => recorded.RecordedAt).UtcColumn()
        );
    }
}

/// <summary>Fills the service's own tables of organizations and keys.</summary>
internal sealed class AccessProjection : IProjection
{
    public string Schema => "access";

    public IReadOnlyList<PublishedTable> Tables { get; } = [new("organizations", "id"), new("api_keys", "id")];

    public void Write(IReadOnlyList<RecordedEvent> events, string schema, NpgsqlBatch batch)
    {
        foreach (var recorded in events)
        {
            switch (recorded.Data)
            {
                case OrganizationCreated created:
                    WriteOrganization(recorded, created, schema, batch);
                    break;
                case ApiKeyCreated created:
                    WriteKey(recorded, created, schema, batch);
                    break;
            }
        }
    }

    private static void WriteOrganization(
        RecordedEvent recorded,
        OrganizationCreated created,
        string schema,
        NpgsqlBatch batch
    )
    {
        batch.Add(
            $"insert into {schema}.organizations (id, name, slug, created_at) values ($1, $2, $3, $4)",
            new NpgsqlParameter<Guid> { TypedValue = recorded.Stream },
            new NpgsqlParameter<string> { TypedValue = created.Name },
            new NpgsqlParameter<string> { TypedValue = created.Slug },
            new NpgsqlParameter<DateTimeOffset> { TypedValue = recorded.RecordedAt }
        );
        batch.Add(
            $"insert into {schema}.organization_owners (organization_id, since_sequence, user_id) values ($1, $2, $3)",
            new NpgsqlParameter<Guid> { TypedValue = recorded.Stream },
            new NpgsqlParameter<long> { TypedValue = recorded.Sequence },
            new NpgsqlParameter<int> { TypedValue = (int)created.OwnerNumber }
        );
    }

    private static void WriteKey(RecordedEvent recorded, ApiKeyCreated created, string schema, NpgsqlBatch batch) =>
        batch.Add(
            $"""
            insert into {schema}.api_keys (id, organization_id, name, prefix, key_hash, created_at)
            values ($1, $2, $3, $4, $5, $6)
            """,
            new NpgsqlParameter<Guid> { TypedValue = recorded.Stream },
            new NpgsqlParameter<Guid> { TypedValue = Guid.Parse(recorded.Tenant) },
            new NpgsqlParameter<string> { TypedValue = created.Name },
            new NpgsqlParameter<string> { TypedValue = created.Prefix },
            new NpgsqlParameter<byte[]> { TypedValue = Convert.FromHexString(created.KeyHash) },
            new NpgsqlParameter<DateTimeOffset> { TypedValue = recorded.RecordedAt }
        );
}
