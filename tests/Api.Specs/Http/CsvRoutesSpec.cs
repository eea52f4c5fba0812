using System.Text;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Api.Specs.Support;

namespace SchemaHub.Api.Specs.Http;

/// <summary>Every route that hands out CSV, and that none of them hands out a formula.</summary>
public sealed class CsvRoutesSpec : TenantSpec
{
    private static readonly string[] s_other = ["/api/v1/audit/export.csv", "/api/v1/contacts/export"];

    [Test]
    public void Every_route_of_CSV_is_an_export_of_records_or_known_here()
    {
        var routes = Routes();

        routes.Except(s_other).ShouldAllBe(route => route.EndsWith("/export.csv", StringComparison.Ordinal));
        s_other.ShouldBeSubsetOf(routes);
        routes.Count.ShouldBeGreaterThan(20);
    }

    [Test]
    public async Task Contacts_are_escaped_by_default_and_raw_on_request_and_come_back_as_they_were()
    {
        const string list = "email,name,phone\r\nann@x.org,=1+1,+43 1 234\r\nben@x.org,'=x,\r\n";
        (await Import(Ours, list, "?escape=none")).Status.ShouldBe(System.Net.HttpStatusCode.OK);

        var escaped = (await Ours.Get("/api/v1/contacts/export")).Body;
        escaped.ShouldContain(",'=1+1,");
        escaped.ShouldContain(",''=x,");
        var raw = (await Ours.Get("/api/v1/contacts/export?escape=none")).Body;
        raw.ShouldContain(",=1+1,");
        raw.ShouldContain(",'=x,");
        (await Ours.Get("/api/v1/contacts/export?escape=all")).ShouldBeProblem(400, "request.malformed");

        foreach (var (file, query) in new[] { (escaped, ""), (raw, "?escape=none") })
        {
            using var others = await Shared.Api.NewTenant();
            (await Import(others, file, query)).Status.ShouldBe(System.Net.HttpStatusCode.OK);
            Values((await others.Get("/api/v1/contacts/export?escape=none")).Body).ShouldBe(Values(raw));
        }
    }

    private static async Task<Answer> Import(TestTenant tenant, string csv, string query = "")
    {
        using var file = new StringContent(csv, Encoding.UTF8, "text/csv");
        using var answer = await tenant.Http.PostAsync(new Uri($"/api/v1/imports{query}", UriKind.Relative), file);
        return await Answer.Of(answer);
    }

    // All but the id, which is another one.
    private static IEnumerable<string> Values(string csv) =>
        csv.Split("\r\n").Where(line => line.Length > 0).Select(line => line[(line.IndexOf(',') + 1)..]);

    private static List<string> Routes() =>
        [
            .. Shared
                .Api.App.Services.GetRequiredService<EndpointDataSource>()
                .Endpoints.OfType<RouteEndpoint>()
                .Where(route =>
                    route
                        .Metadata.OfType<IProducesResponseTypeMetadata>()
                        .Any(answer => answer.ContentTypes.Contains("text/csv"))
                )
                .Select(route => $"/{route.RoutePattern.RawText!.TrimStart('/')}"),
        ];
}
