using System.Globalization;
using System.Text.Json;

namespace SchemaHub.Api.Specs.Pages;

/// <summary>An organization and its sign-up form.</summary>
internal sealed record TestList(PageHost Host, Guid Organization, Guid Form, string Wording, string TrackingWording)
{
    public string Path => $"/lists/{Organization}/{Form}";

    /// <summary>Fills in the hosted form.</summary>
    public Task<HttpResponseMessage> SignUp(string email, params (string Name, string Value)[] more) =>
        Host.Post(Path, [("email", email), ("name", "Ann"), ("wording", Wording), .. more]);

    /// <summary>Signs up and answers the path of the mailed page.</summary>
    public async Task<string> AskedPath(string email, params (string Name, string Value)[] more)
    {
        (await SignUp(email, more)).EnsureSuccessStatusCode();
        return Host.TakeMails(email).ShouldHaveSingleItem().Link.AbsolutePath;
    }

    /// <summary>Signs up, confirms, and answers the token under the mails.</summary>
    public async Task<string> Subscribe(string email, params (string Name, string Value)[] more)
    {
        (await Host.Post(await AskedPath(email, more))).EnsureSuccessStatusCode();
        return await Token(email);
    }

    public async Task<string> Token(string email) =>
        (await Host.Rows(OfContact("unsubscribe_token", email), Organization)).ShouldHaveSingleItem();

    public async Task<long> Number(string email) =>
        long.Parse(
            (await Host.Rows(OfContact("id", email), Organization)).ShouldHaveSingleItem(),
            CultureInfo.InvariantCulture
        );

    public async Task<bool> IsSubscribed(string email) =>
        await Host.Rows(OfContact("subscribed", email), Organization) is ["true"];

    /// <summary>The consent history, oldest first.</summary>
    public async Task<IReadOnlyList<JsonElement>> History() =>
        [
            .. (
                await Host.Rows(
                    """
                    select to_jsonb(h)::text from backstage.consent_history h where h.organization_id = $1 order by h.id
                    """,
                    Organization
                )
            ).Select(row => JsonDocument.Parse(row).RootElement),
        ];

    private static string OfContact(string column, string email) =>
        $"select c.{column}::text from backstage.contacts c where c.organization_id = $1 and c.email = '{email}'";
}
