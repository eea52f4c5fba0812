using Npgsql;
using SchemaHub.Application;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Identity;

namespace SchemaHub.Infrastructure.Contacts;

/// <summary>Fills <c>backstage.contacts</c> and <c>backstage.consent_history</c>.</summary>
internal sealed class ContactsProjection : IProjection
{
    private static readonly string OwnerAt = OrganizationOwners.At("u.org", "u.seq");

    public string Schema => "backstage";

    public IReadOnlyList<PublishedTable> Tables { get; } = [new("contacts", "id"), new("consent_history", "id")];

    public IEnumerable<string> RebuildIndexes(string shadow) =>
        [$"create index on {shadow}.consent_history (contact_id);"];

    public void Write(IReadOnlyList<RecordedEvent> events, string schema, NpgsqlBatch batch)
    {
        var (contacts, history) = Fold(events);
        WriteWhole(contacts.Where(row => row.IsWhole), schema, batch);
        WriteChanged(contacts.Where(row => !row.IsWhole), schema, batch);
        WriteHistory(history, schema, batch);
        Clear(contacts.Where(row => row.ErasedAt > 0), schema, batch);
    }

    public async Task Fill(
        IReadOnlyList<RecordedEvent> events,
        string schema,
        NpgsqlConnection connection,
        CancellationToken cancellation
    )
    {
        var (contacts, history) = Fold(events);
        var owners = await OrganizationOwners.Read(connection, contacts.Select(row => row.Organization), cancellation);
        await ContactCopies.Copy(connection, schema, contacts.Where(row => row.IsNew), owners, cancellation);
        await ContactCopies.Copy(connection, schema, history, owners, cancellation);
        await using var batch = new NpgsqlBatch(connection) { Timeout = 0 };
        WriteWhole(contacts.Where(row => row is { IsWhole: true, IsNew: false }), schema, batch);
        WriteChanged(contacts.Where(row => !row.IsWhole), schema, batch);
        Clear(contacts.Where(row => row.ErasedAt > 0), schema, batch);
        if (batch.BatchCommands.Count > 0)
            await batch.ExecuteNonQueryAsync(cancellation);
    }

    private static (IReadOnlyCollection<ContactRow> Contacts, IReadOnlyList<HistoryRow> History) Fold(
        IReadOnlyList<RecordedEvent> events
    )
    {
        var contacts = new Dictionary<long, ContactRow>();
        var history = new List<HistoryRow>();
        foreach (var recorded in events)
        {
            if (recorded.Data is not ContactEvent happened)
                continue;

            if (!contacts.TryGetValue(recorded.Number, out var row))
                contacts[recorded.Number] = row = new ContactRow(recorded.Number, Guid.Parse(recorded.Tenant));

            row.Apply(happened, recorded);
            if (HistoryRow.Of(happened, recorded) is { } written)
                history.Add(written);
        }

        // What was erased later in the same batch is never written.
        return (
            contacts.Values,
            history.ConvertAll(row => row.Id < contacts[row.ContactId].ErasedAt ? row.WithoutPerson() : row)
        );
    }

    private static void WriteWhole(IEnumerable<ContactRow> all, string schema, NpgsqlBatch batch)
    {
        var rows = all.ToList();
        if (rows.Count == 0)
            return;

        batch.Add(
            $"""
            insert into {schema}.contacts
                (id, user_id, email, name, subscribed, unsubscribe_token, metadata, created_at, updated_at,
                    organization_id)
            select u.id, {OwnerAt}, u.email, u.name, u.subscribed, u.token, u.metadata, u.created_at, u.updated_at,
                u.org
            from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                as u (id, org, seq, email, name, subscribed, token, metadata, created_at, updated_at)
            on conflict (id) do update set email = excluded.email, name = excluded.name,
                subscribed = excluded.subscribed, unsubscribe_token = excluded.unsubscribe_token,
                metadata = excluded.metadata, updated_at = excluded.updated_at
            """,
            rows.Select(row => checked((int)row.Id)).Column(),
            rows.Select(row => row.Organization).Column(),
            rows.Select(row => row.FirstSequence).Column(),
            rows.Select(row => row.Email ?? row.ErasedEmail).Column(),
            rows.Select(row => row.Name).Column(),
            rows.Select(row => row.Subscribed ?? false).Column(),
            rows.Select(row => row.Token).Column(),
            rows.Select(row => row.Metadata).JsonColumn(),
            rows.Select(row => row.CreatedAt).UtcColumn(),
            rows.Select(row => row.UpdatedAt).UtcColumn()
        );
    }

    private static void WriteChanged(IEnumerable<ContactRow> all, string schema, NpgsqlBatch batch)
    {
        var rows = all.ToList();
        if (rows.Count == 0)
            return;

        batch.Add(
            $"""
            update {schema}.contacts c
            set email = coalesce(u.erased_email, c.email),
                name = case when u.details then u.name else c.name end,
                metadata = case when u.details then u.metadata else c.metadata end,
                unsubscribe_token = case when u.erased_email is null then c.unsubscribe_token end,
                subscribed = coalesce(u.subscribed, c.subscribed),
                updated_at = u.updated_at
            from unnest($1, $2, $3, $4, $5, $6, $7)
                as u (id, details, name, metadata, subscribed, erased_email, updated_at)
            where c.id = u.id
            """,
            rows.Select(row => checked((int)row.Id)).Column(),
            rows.Select(row => row.DetailsChanged).Column(),
            rows.Select(row => row.Name).Column(),
            rows.Select(row => row.Metadata).JsonColumn(),
            rows.Select(row => row.Subscribed).Column(),
            rows.Select(row => row.ErasedAt > 0 ? row.ErasedEmail : null).Column(),
            rows.Select(row => row.UpdatedAt).UtcColumn()
        );
    }

    private static void WriteHistory(IReadOnlyList<HistoryRow> rows, string schema, NpgsqlBatch batch)
    {
        if (rows.Count == 0)
            return;

        batch.Add(
            $"""
            insert into {schema}.consent_history
                (id, user_id, contact_id, action, timestamp, source, ip_address, user_agent, metadata, organization_id)
            select u.seq, {OwnerAt}, u.contact_id, u.action, u.at, u.source, u.ip, u.user_agent, u.metadata, u.org
            from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)
                as u (seq, contact_id, action, at, source, ip, user_agent, metadata, org)
            """,
            rows.Select(row => checked((int)row.Id)).Column(),
            rows.Select(row => checked((int)row.ContactId)).Column(),
            rows.Select(row => row.Action).Column(),
            rows.Select(row => row.At).UtcColumn(),
            rows.Select(row => row.Source).Column(),
            rows.Select(row => row.Ip).Column(),
            rows.Select(row => row.UserAgent).Column(),
            rows.Select(row => row.Metadata).JsonColumn(),
            rows.Select(row => row.Organization).Column()
        );
    }

    private void Clear(IEnumerable<ContactRow> all, string schema, NpgsqlBatch batch)
    {
        var erased = all.ToList();
        if (erased.Count == 0)
            return;

        batch.Add(
            $"""
            update {schema}.consent_history h
            set ip_address = null, user_agent = null, metadata = h.metadata - array['claims', 'request']
            from unnest($1, $2) as u (contact_id, erased_at)
            where h.contact_id = u.contact_id and h.id < u.erased_at
            """,
            erased.Select(row => checked((int)row.Id)).Column(),
            erased.Select(row => checked((int)row.ErasedAt)).Column()
        );
        // The send ledger is not rebuilt: it forgets the person when the person is erased, and needs no second time.
        if (schema == Schema)
            ClearLedger(erased, batch);
    }

    // A subject greets by name, a server's answer repeats the address, a link may hold either.
    private static void ClearLedger(List<ContactRow> erased, NpgsqlBatch batch)
    {
        batch.Add(
            """
            update backstage.email_logs l
            set recipient_email = u.email, subject = null, error_message = null
            from unnest($1, $2) as u (contact_id, email)
            where l.contact_id = u.contact_id
            """,
            erased.Select(row => checked((int)row.Id)).Column(),
            erased.Select(row => row.ErasedEmail).Column()
        );
        batch.Add(
            """
            update backstage.email_events e
            set metadata = e.metadata - 'link'
            from backstage.email_logs l
            where l.contact_id = any ($1) and e.email_log_id = l.id and e.metadata ? 'link'
            """,
            erased.Select(row => checked((int)row.Id)).Column()
        );
    }
}
