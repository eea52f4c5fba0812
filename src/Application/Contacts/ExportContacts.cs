using System.Globalization;
using System.Text.Json;
using MediatR;
using Npgsql;

namespace SchemaHub.Application.Contacts;

/// <summary>
/// Every contact of the organization with the evidence of its last consent, streamed. Erased ones are left out.
/// </summary>
public sealed record ExportContacts : IQuery<IAsyncEnumerable<ContactFileExport>>;

internal sealed class ExportContactsHandler(TenantDatabase database, CommandContext context)
    : IRequestHandler<ExportContacts, IAsyncEnumerable<ContactFileExport>>
{
    private const string Sql = """
        select c.id, c.email, c.name, c.subscribed, c.metadata::text,
            g.timestamp, g.metadata::text, g.ip_address, g.source, w.timestamp, w.metadata ->> 'reason'
        from backstage.contacts c
        left join lateral (
            select h.timestamp, h.metadata, h.ip_address, h.source
            from backstage.consent_history h
            where h.contact_id = c.id and h.action <> 'unsubscribe'
            order by h.id desc limit 1
        ) g on true
        left join lateral (
            select h.timestamp, h.metadata
            from backstage.consent_history h
            where h.contact_id = c.id and h.action = 'unsubscribe' and not c.subscribed
            order by h.id desc limit 1
        ) w on true
        where c.unsubscribe_token is not null
        order by c.id
        """;

    public Task<IAsyncEnumerable<ContactFileExport>> Handle(ExportContacts query, CancellationToken cancellation) =>
        Task.FromResult(database.Stream(context.Tenant, Sql, Map, cancellation, []));

    private static ContactFileExport Map(NpgsqlDataReader row) =>
        new(
            row.GetInt32(0).ToString(CultureInfo.InvariantCulture),
            row.GetString(1),
            row.IsDBNull(2) ? null : row.GetString(2),
            row.GetBoolean(3),
            ConsentOf(row),
            row.IsDBNull(9) ? null : Utc(row, 9),
            row.IsDBNull(10) ? null : row.GetString(10),
            row.IsDBNull(4) ? null : Flat(row.GetString(4))
        );

    private static FileConsent? ConsentOf(NpgsqlDataReader row)
    {
        if (row.IsDBNull(5))
            return null;

        using var metadata = JsonDocument.Parse(row.GetString(6));
        metadata.RootElement.TryGetProperty("claims", out var claims);
        return new FileConsent(
            Time(claims, "opted_in_at") ?? Utc(row, 5),
            Text(claims, "opted_in_ip") ?? (row.IsDBNull(7) ? null : row.GetString(7)),
            Time(claims, "confirmed_at"),
            Text(claims, "confirmed_ip"),
            Text(claims, "signed_up_through") ?? row.GetString(8)
        );
    }

    private static DateTimeOffset Utc(NpgsqlDataReader row, int column) =>
        new(DateTime.SpecifyKind(row.GetDateTime(column), DateTimeKind.Utc));

    private static string? Text(JsonElement claims, string name) =>
        claims.ValueKind == JsonValueKind.Object && claims.TryGetProperty(name, out var value)
            ? value.GetString()
            : null;

    private static DateTimeOffset? Time(JsonElement claims, string name) =>
        DateTimeOffset.TryParse(
            Text(claims, name),
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out var at
        )
            ? at
            : null;

    private static Dictionary<string, string> Flat(string metadata)
    {
        using var document = JsonDocument.Parse(metadata);
        return document
            .RootElement.EnumerateObject()
            .ToDictionary(
                property => property.Name,
                property =>
                    property.Value.ValueKind == JsonValueKind.String
                        ? property.Value.GetString()!
                        : property.Value.GetRawText()
            );
    }
}
