using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>Resend's API (<c>POST /emails</c>), which remembers for 24 hours what it was handed.</summary>
internal sealed class ResendProvider(ResendOptions options, HttpClient http, int connections, TimeProvider clock)
    : HttpMailProvider(http, connections, clock)
{
    private readonly Uri _emails = new(options.BaseUrl.ToString().TrimEnd('/') + "/emails");

    protected override bool KnowsRepetitions => true;

    protected override HttpRequestMessage Request(HttpMail mail)
    {
        var content = new ByteArrayContent(mail.Body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var request = new HttpRequestMessage(HttpMethod.Post, _emails) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", options.ApiKey);
        request.Headers.Add("Idempotency-Key", mail.MessageId);
        return request;
    }

    protected override void Write(OutgoingMail mail, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("from", Named(mail.FromName, mail.FromAddress));
        json.WriteStartArray("to");
        json.WriteStringValue(Named(mail.ToName, mail.To));
        json.WriteEndArray();
        json.WriteString("subject", mail.Subject);
        json.WriteString("text", mail.Text);
        if (mail.Html.Length > 0)
            json.WriteString("html", mail.Html);

        if (mail.ReplyTo is not null)
            json.WriteString("reply_to", mail.ReplyTo);

        json.WriteStartObject("headers");
        json.WriteString("Message-ID", $"<{mail.MessageId}>");
        foreach (var (name, value) in mail.Headers)
            json.WriteString(name, value);

        json.WriteEndObject();
        if (mail.Reference.Length > 0)
        {
            // Comes back with the webhooks.
            json.WriteStartArray("tags");
            json.WriteStartObject();
            json.WriteString("name", "reference");
            json.WriteString("value", mail.Reference);
            json.WriteEndObject();
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    protected override string? IdOf(JsonElement answer) =>
        answer.ValueKind == JsonValueKind.Object
        && answer.TryGetProperty("id", out var id)
        && id.ValueKind == JsonValueKind.String
            ? id.GetString()
            : null;

    protected override HandOver? OwnRefusal(HttpStatusCode status, JsonElement answer)
    {
        if (status != HttpStatusCode.Conflict)
            return null;

        // The key was used for the same mail with other content: an earlier try was taken, and its answer got lost.
        return answer.TryGetProperty("name", out var name) && name.ValueEquals("invalid_idempotent_request")
            ? new HandOver.Taken(ProviderMessageId: null)
            : new HandOver.NotNow("409 The same mail is being handed over.", TimeSpan.FromSeconds(1));
    }

    private static string Named(string? name, string address)
    {
        if (string.IsNullOrWhiteSpace(name))
            return address;

        var quoted = name.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal);
        return $"\"{quoted}\" <{address}>";
    }
}
