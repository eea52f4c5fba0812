using System.Net;
using Npgsql;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.Http;

/// <summary>A queue of notifications that nobody empties is seen before it is full.</summary>
public sealed class NotificationQueueSpec
{
    private static readonly Uri Ready = new("/health/ready", UriKind.Relative);

    [Test]
    public async Task Ready_tells_of_a_queue_that_fills_and_of_one_that_is_read_again()
    {
        await using var api = await TestApi.StartBeside(
            new ApiOptions { Readers = new ReaderLimits { NotificationQueueShare = 1e-7 } }
        );
        using var client = api.NewClient();
        await using var listens = await api.Installation.Administrator.OpenConnectionAsync();
        await using var sends = await api.Installation.Administrator.OpenConnectionAsync();
        await Execute(listens, "listen anything");
        await Execute(listens, "begin; select 1");
        for (var i = 0; i < 20; i++)
            await Execute(sends, $"select pg_notify('anything', repeat('{(char)('a' + i)}', 7900))");

        using (var answer = await client.GetAsync(Ready))
        {
            var body = await answer.Content.ReadAsStringAsync();
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, body);
            body.ShouldContain("\"notifications\":{\"status\":\"Degraded\"");
            body.ShouldContain("queue of notifications is");
        }

        await Execute(listens, "rollback; unlisten *");
        // The end of the queue moves on when somebody sends.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        string now;
        do
        {
            await Execute(sends, "notify anything, 'more'");
            now = await client.GetStringAsync(Ready, patience.Token);
        } while (!now.Contains("\"notifications\":{\"status\":\"Healthy\""));
    }

    private static async Task Execute(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
