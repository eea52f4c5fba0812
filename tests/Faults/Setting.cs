using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace SchemaHub.Faults;

/// <summary>What the load needs to know of the organization.</summary>
/// <param name="LastPosition">Of the log, before the load begins.</param>
internal sealed record Prepared(string Organization, string Key, long Template, string Wording, long LastPosition);

/// <summary>Founds an organization that may send, by the program's own verbs and over HTTP.</summary>
internal sealed partial class Setting(Cluster cluster)
{
    public const string Owner = "owner@faults.example";

    // Of a made-up account on a server that lives for minutes.
    public const string Password = "correct-horse-41-staple";

    private const string Slug = "faults";
    private const string Domain = "faults.example";
    private const string Text = "Send me the newsletter.";

    private const string Html =
        "<!doctype html><html lang=\\\"en\\\"><head><title>News</title></head><body><p>Hello {{name}}</p>"
        + "<p>{{postal_address}}</p><p><a href=\\\"{{unsubscribe_url}}\\\">Unsubscribe</a></p></body></html>";

    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    public async Task<Prepared> Prepare(int nodes)
    {
        var organization = (
            await cluster.Json(
                "org",
                "create",
                "--name",
                "Faults",
                "--slug",
                Slug,
                "--owner",
                Owner,
                "--plan",
                "business"
            )
        )
            .GetProperty("id")
            .GetString()!;
        var key = (await cluster.Json("key", "create", "--org", Slug)).GetProperty("key").GetString()!;
        await cluster.Run("user", "limit", Owner, "1000000");
        await cluster.Run("sender", "domain", "add", Domain, "--org", Slug);
        await cluster.Run("sender", "domain", "verify", Domain, "--trust", "--org", Slug);
        await cluster.Run(
            "sender",
            "set",
            "--org",
            Slug,
            "--name",
            "Faults",
            "--address",
            $"news@{Domain}",
            "--postal-address",
            "1 Main Street, Bern"
        );
        await cluster.StartNodes(nodes);
        using var client = new Client(cluster.Nodes, new Promises()) { Bearer = key };
        using var late = new CancellationTokenSource(LongestWait);
        client.GivingUp = late.Token;
        var wording = await Done(client, "/api/v1/wordings", $$"""{"language":"en","text":"{{Text}}"}""");
        var template = await Done(
            client,
            "/api/v1/backstage/email-templates",
            $$$"""{"name":"News","subject":"News","htmlContent":"{{{Html}}}"}"""
        );
        await SetPassword(client, late.Token);
        return new Prepared(
            organization,
            key,
            long.Parse(template.GetProperty("id").ToString(), CultureInfo.InvariantCulture),
            wording.GetProperty("sha256").GetString()!,
            (await cluster.Database.Query("select max(e.seq_id) from events.mt_events e", row => row.GetInt64(0)))[0]
        );
    }

    /// <summary>As a person does it who has forgotten the password.</summary>
    private async Task SetPassword(Client client, CancellationToken late)
    {
        await Done(client, "/api/v1/password-resets", $$"""{"email":"{{Owner}}"}""");
        string? mail;
        while ((mail = cluster.Mails.LastTo(Owner)) is null)
            await Task.Delay(100, late);

        var token = ResetLink().Match(Unquote(mail)).Groups["token"].Value;
        await Done(client, "/api/v1/password-resets/confirm", $$"""{"token":"{{token}}","password":"{{Password}}"}""");
    }

    // Quoted-printable: the link may be broken over lines, and holds no other escapes.
    private static string Unquote(string mail) =>
        new StringBuilder(mail).Replace("=\r\n", "").Replace("=3D", "=").ToString();

    private static async Task<JsonElement> Done(Client client, string path, string body)
    {
        var answer = await client.Settle(Ask.Change(HttpMethod.Post, path, body));
        return answer.IsDone
            ? answer.Body.Length == 0
                ? default
                : answer.Json
            : throw new InvalidOperationException($"{path} was refused: {answer.Body}");
    }

    [GeneratedRegex("/account/reset/(?<token>[0-9a-zA-Z_-]+)", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex ResetLink();
}
