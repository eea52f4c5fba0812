using Npgsql;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Testing;

/// <summary>A tenant's show with its episodes and a campaign, put straight into the published tables.</summary>
public sealed record TestPodcast(Guid Tenant, IReadOnlyList<Guid> Episodes, Guid Campaign)
{
    private const string Sql = """
        with tenant as (
            insert into podcast.tenants (id, name, slug) values ($1, $1::text, $1::text)
            on conflict do nothing
        ),
        show as (
            insert into podcast.podcasts (id, tenant_id, name) values ($2, $1, 'Night Train')
        ),
        sponsor as (
            insert into podcast.sponsors (id, tenant_id, name) values ($2, $1, 'Acme')
        ),
        campaign as (
            insert into podcast.campaigns (id, tenant_id, sponsor_id, name) values ($3, $1, $2, 'Spring')
        )
        insert into podcast.episodes (id, podcast_id, tenant_id, title)
        select e.id, $2, $1, 'Episode' from unnest($4) as e (id)
        """;

    /// <summary>Adds one for a tenant, which is made where it is not there.</summary>
    public static async Task<TestPodcast> Add(Installation installation, Guid tenant, int episodes = 2)
    {
        var ids = Enumerable.Range(0, episodes).Select(_ => Guid.CreateVersion7()).ToArray();
        var campaign = Guid.CreateVersion7();
        await using var command = installation.Writer.CreateCommand(Sql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = tenant });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Guid.CreateVersion7() });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = campaign });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = ids });
        await command.ExecuteNonQueryAsync();
        return new TestPodcast(tenant, ids, campaign);
    }
}
