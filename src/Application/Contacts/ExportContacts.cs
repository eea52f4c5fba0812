using System.Globalization;
using System.Text.Json;
using MediatR;
using Npgsql;
using SchemaHub.Application.Access;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>
/// Every contact of the organization with the evidence of its last consent, streamed. Erased ones are left out.
/// </summary>
[Requires("contacts:read")]
public sealed record ExportContacts : IQuery<IAsyncEnumerable<ContactFileExport>>;

internal sealed class ExportContactsHandler(TenantDatabase database, CommandContext context)
    : IRequestHandler<ExportContacts, IAsyncEnumerable<ContactFileExport>>
{
    // What was said about the newsletter, row by row: the list is that of the newsletter. The last consent is evidence
    // where it was consent (a stated basis is the importer's to state again) and was not erased with the person; the
    // last
    // withdrawal counts while no consent came after it. That an import was undone, or the person erased, withdrew
    // nothing.
    private const string Sql = """
        select c.id, c.email, c.name, c.subscribed, c.metadata::text,
            g.timestamp, g.metadata::text, g.ip_address, g.source, w.timestamp, w.metadata::text
        from backstage.contacts c
        left join lateral (
            select
                max(h.id) filter (where h.action <> 'unsubscribe') as consent,
                max(h.id) filter (
                    where h.action = 'unsubscribe'
                        and coalesce(h.metadata ->> 'reason', '') <> 'import_undone'
                        and coalesce(h.metadata ->> 'reason', '') not like 'erased:%'
                ) as withdrawal,
                max(h.id) filter (where h.metadata ->> 'reason' like 'erased:%') as erasure
            from backstage.consent_history h
            where h.contact_id = c.id and coalesce(h.metadata ->> 'purpose', 'newsletter') = 'newsletter'
        ) l on true
        left join lateral (
            select h.timestamp, h.metadata, h.ip_address, h.source
            from backstage.consent_history h
            where h.id = l.consent and h.id > coalesce(l.erasure, 0) and h.metadata ->> 'basis' = 'consent'
        ) g on true
        left join lateral (
            select h.timestamp, h.metadata
            from backstage.consent_history h
            where h.id = l.withdrawal and h.id > coalesce(l.consent, 0)
        ) w on true
        where c.unsubscribe_token is not null
        order by c.id
        """;

    public Task<IAsyncEnumerable<ContactFileExport>> Handle(ExportContacts query, CancellationToken cancellation) =>
        Task.FromResult(database.Stream(context.Tenant, Sql, Map, cancellation, []));

    private static ContactFileExport Map(NpgsqlDataReader row)
    {
        var consent = ConsentOf(row);
        var (withdrawnAt, reason) = WithdrawalOf(row, consent);
        return new(
            row.GetInt32(0).ToString(CultureInfo.InvariantCulture),
            row.GetString(1),
            row.IsDBNull(2) ? null : row.GetString(2),
            row.GetBoolean(3),
            consent,
            withdrawnAt,
            reason,
            row.IsDBNull(4) ? null : Flat(row.GetString(4))
        );
    }

    private static (DateTimeOffset? At, string? Reason) WithdrawalOf(NpgsqlDataReader row, FileConsent? consent)
    {
        if (row.IsDBNull(9))
            return (null, null);

        using var document = JsonDocument.Parse(row.GetString(10));
        document.RootElement.TryGetProperty("claims", out var claims);
        var claimed = Time(claims, "withdrawn_at");
        // An earlier time than the opt-in's would read as if the person had come back.
        return (
            claimed is null || claimed < consent?.OptInAt ? Utc(row, 9) : claimed,
            Text(claims, "reason") ?? Text(document.RootElement, "reason")
        );
    }

    private static FileConsent? ConsentOf(NpgsqlDataReader row)
    {
        if (row.IsDBNull(5))
            return null;

        using var document = JsonDocument.Parse(row.GetString(6));
        var metadata = document.RootElement;
        metadata.TryGetProperty("claims", out var claims);
        metadata.TryGetProperty("request", out var request);
        var (recordedAt, ip) = (Utc(row, 5), row.IsDBNull(7) ? null : row.GetString(7));
        // Of a double opt-in of ours the row is the second step, and the request the first.
        var isConfirmed = Text(metadata, "method") == ConsentMethods.DoubleOptIn;
        return new FileConsent(
            Time(claims, "opted_in_at") ?? recordedAt,
            Text(claims, "opted_in_ip") ?? (isConfirmed ? Text(request, "ip") : ip),
            Time(claims, "confirmed_at") ?? (isConfirmed ? recordedAt : null),
            Text(claims, "confirmed_ip") ?? (isConfirmed ? ip : null),
            Text(claims, "signed_up_through") ?? row.GetString(8)
        );
    }

    private static DateTimeOffset Utc(NpgsqlDataReader row, int column) =>
        new(DateTime.SpecifyKind(row.GetDateTime(column), DateTimeKind.Utc));

    private static string? Text(JsonElement from, string name) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var value) ? value.GetString() : null;

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
