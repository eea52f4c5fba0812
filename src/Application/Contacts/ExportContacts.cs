using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using MediatR;
using Npgsql;
using SchemaHub.Application.Access;

namespace SchemaHub.Application.Contacts;

/// <summary>
/// Every contact of the organization with what stands for each purpose and the evidence of it, streamed. Erased ones
/// are left out.
/// </summary>
[Requires("contacts:read")]
public sealed record ExportContacts : IQuery<IAsyncEnumerable<ContactFileExport>>;

internal sealed class ExportContactsHandler(TenantDatabase database, CommandContext context, Wordings wordings)
    : IRequestHandler<ExportContacts, IAsyncEnumerable<ContactFileExport>>
{
    private const string Sql = """
        select c.id, c.email, c.name, c.subscribed, c.metadata::text,
            (
                select jsonb_agg(
                    jsonb_build_object('action', h.action, 'at', h.timestamp, 'source', h.source,
                        'ip', h.ip_address, 'user_agent', h.user_agent, 'metadata', h.metadata)
                    order by h.id
                )::text
                from backstage.consent_history h
                where h.contact_id = c.id
            ),
            exists (select from sending.restrictions r where r.contact_id = c.id and r.lifted_at is null)
        from backstage.contacts c
        where c.unsubscribe_token is not null
        order by c.id
        """;

    private readonly Dictionary<string, WordingText?> _texts = [];

    public Task<IAsyncEnumerable<ContactFileExport>> Handle(ExportContacts query, CancellationToken cancellation) =>
        Task.FromResult(WithTexts(database.Stream(context.Tenant, Sql, Map, cancellation, []), cancellation));

    private static ContactFileExport Map(NpgsqlDataReader row)
    {
        var history = ExportedHistory.Read(row.TextOrNull(5));
        var (consent, withdrawal) = history.Newsletter();
        return new(
            row.GetInt32(0).ToString(CultureInfo.InvariantCulture),
            row.GetString(1),
            row.TextOrNull(2),
            row.GetBoolean(3),
            consent,
            withdrawal?.At,
            withdrawal?.Reason,
            row.JsonOrNull(4),
            history.PerPurpose(isRestricted: row.GetBoolean(6)),
            history.SuppressedFor
        );
    }

    private async IAsyncEnumerable<ContactFileExport> WithTexts(
        IAsyncEnumerable<ContactFileExport> contacts,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        await foreach (var contact in contacts.WithCancellation(cancellation))
        {
            var purposes = new List<FilePurpose>();
            foreach (var purpose in contact.Purposes ?? [])
                purposes.Add(await WithText(purpose, cancellation));

            yield return contact with
            {
                Purposes = purposes,
            };
        }
    }

    private async Task<FilePurpose> WithText(FilePurpose purpose, CancellationToken cancellation)
    {
        if (purpose.Wording is not { } hash)
            return purpose;

        if (!_texts.TryGetValue(hash, out var text))
            _texts[hash] = text = await wordings.Find(hash, cancellation);

        return purpose with
        {
            Text = text?.Text,
            Language = purpose.Language ?? text?.Language,
        };
    }
}
