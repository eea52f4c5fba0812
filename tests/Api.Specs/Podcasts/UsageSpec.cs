using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Infrastructure.Podcasts;

namespace SchemaHub.Api.Specs.Podcasts;

/// <summary>How much a program uses the API, where the installation wants to know.</summary>
public sealed class UsageSpec : TenantSpec
{
    [Test]
    public async Task Every_call_with_a_key_is_counted_by_its_route()
    {
        await using var counting = await TestApi.StartBeside(new ApiOptions { CountUsage = true });
        using var tenant = await counting.NewTenant();
        using var stranger = counting.NewClient();
        await tenant.Get($"{TestTenant.List}?limit=3&email=ann@example.com");
        await tenant.Get(TestTenant.Contact(2_147_483_000));
        await tenant.Post(TestTenant.List, "[");
        await stranger.GetAsync(new Uri(TestTenant.List, UriKind.Relative));
        await counting.App.Services.GetRequiredService<ApiUsage>().Flush(default);

        (await Counted(tenant)).ShouldBe(
            [
                "GET /api/v1/contacts/ 200 own",
                "GET /api/v1/contacts/{id:long} 404 own",
                "POST /api/v1/contacts/ 400 own",
            ],
            ignoreOrder: true
        );
    }

    [Test]
    public async Task Nothing_is_counted_unless_it_is_switched_on()
    {
        await Ours.Get(TestTenant.List);

        Shared.Api.App.Services.GetService<ApiUsage>().ShouldBeNull();
        (await Counted(Ours)).ShouldBeEmpty();
    }

    private static async Task<List<string>> Counted(TestTenant tenant)
    {
        await using var command = Shared.Api.Installation.Writer.CreateCommand(
            """
            select u.method || ' ' || u.endpoint || ' ' || u.status_code
                || case when u.api_key_id is null then '' else ' own' end
            from podcast.api_usage u
            where u.tenant_id = $1
            """
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = tenant.Organization });
        await using var reader = await command.ExecuteReaderAsync();
        var counted = new List<string>();
        while (await reader.ReadAsync())
            counted.Add(reader.GetString(0));

        return counted;
    }
}
