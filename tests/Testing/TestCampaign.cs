using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Campaigns;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Testing;

/// <summary>
/// A campaign under way, in the log and in the published tables, with mails in the ledger that were handed over.
/// </summary>
public sealed class TestCampaign
{
    private readonly IServiceProvider _services;

    private TestCampaign(IServiceProvider services, Guid organization, int id, Guid stream)
    {
        _services = services;
        (Organization, Id, Stream) = (organization, id, stream);
    }

    public Guid Organization { get; }

    /// <summary><c>email_campaigns.id</c>.</summary>
    public int Id { get; }

    public Guid Stream { get; }

    private NpgsqlDataSource Writer => _services.GetRequiredService<Installation>().Writer;

    /// <summary>Starts one for an organization.</summary>
    /// <param name="isPaused">Where the service runs that would send it.</param>
    public static async Task<TestCampaign> Start(IServiceProvider services, Guid organization, bool isPaused = false)
    {
        await using var scope = services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<ScopeCaller>().Set(RunAs.OperatorContext(organization.ToString()));
        var log = scope.ServiceProvider.GetRequiredService<IEventLog>();
        var template = await log.Change<EmailTemplate, TemplateEvent>(
            Guid.CreateVersion7(),
            _ => [new TemplateSaved("Letter", "Hi", "<p>Hi</p>", Mjml: null, "Hi", IsDraft: false)],
            CancellationToken.None
        );
        var plan = new CampaignPlan("Spring", template.Stream, template.Number, null, "newsletter", Filter: null);
        var content = new CampaignContent("Hi", "<p>Hi</p>", "Hi", "Us", "us@example.com", null, "1 Main Street");
        CampaignEvent[] begun = [new CampaignDrafted(plan), new CampaignStarted(content)];
        var position = await log.Change<Campaign, CampaignEvent>(
            Guid.CreateVersion7(),
            _ => isPaused ? [.. begun, new CampaignPaused("spec")] : begun,
            CancellationToken.None
        );
        return new TestCampaign(services, organization, checked((int)position.Number), position.Stream);
    }

    /// <summary>A mail to a new contact that agreed to some purposes.</summary>
    public async Task<LeftMail> Send(string email, string status = "sent", params string[] purposes)
    {
        var contact = 0;
        foreach (var purpose in purposes.DefaultIfEmpty("newsletter"))
        {
            var consent = new ConsentInput(purpose);
            var position = await Ask(
                contact == 0 ? new AddContact(email, Consent: consent) : new GiveConsent(contact, consent)
            );
            contact = checked((int)position.Number);
        }

        var id = await Scalar<int>(
            """
            insert into backstage.email_logs
                (recipient_email, status, sent_at, organization_id, campaign_id, contact_id)
            values ($1, $2, now() at time zone 'utc' - interval '1 hour', $3, $4, $5)
            returning id
            """,
            new NpgsqlParameter<string> { TypedValue = email },
            new NpgsqlParameter<string> { TypedValue = status },
            new NpgsqlParameter<Guid> { TypedValue = Organization },
            new NpgsqlParameter<int> { TypedValue = Id },
            new NpgsqlParameter<int> { TypedValue = contact }
        );
        return new LeftMail(id, contact);
    }

    /// <summary>Mails to nobody in particular, for counting; answers their ids.</summary>
    public async Task<IReadOnlyList<int>> SendMany(int count, string status)
    {
        await using var command = Writer.CreateCommand(
            """
            insert into backstage.email_logs (recipient_email, status, sent_at, organization_id, campaign_id)
            select 'nobody-' || n || '@example.com', $1, now() at time zone 'utc', $2, $3
            from generate_series(1, $4) as n
            returning id
            """
        );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = status });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Organization });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = Id });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = count });
        var ids = new List<int>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            ids.Add(reader.GetInt32(0));

        return ids;
    }

    /// <summary>The ledger learns that a queued mail was handed over.</summary>
    public Task Leave(int mail) =>
        Execute(
            "update backstage.email_logs set status = 'sent' where id = $1",
            new NpgsqlParameter<int> { TypedValue = mail }
        );

    /// <summary>Sends a command of the organization; answers where it landed.</summary>
    public async Task<Position> Ask(ICommand command)
    {
        await using var scope = _services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<ScopeCaller>().Set(RunAs.OperatorContext(Organization.ToString()));
        return await scope.ServiceProvider.GetRequiredService<MediatR.IMediator>().Send(command);
    }

    /// <summary>The campaign as its events tell it.</summary>
    public async Task<Campaign> State()
    {
        await using var scope = _services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<ScopeCaller>().Set(RunAs.OperatorContext(Organization.ToString()));
        var log = scope.ServiceProvider.GetRequiredService<IEventLog>();
        return (await log.Load<Campaign, CampaignEvent>(Stream, CancellationToken.None)).State;
    }

    /// <summary>What the ledger says of a mail: its status and its error.</summary>
    public Task<string> Ledger(int mail) =>
        Scalar<string>(
            "select concat_ws(' ', l.status, l.error_message) from backstage.email_logs l where l.id = $1",
            new NpgsqlParameter<int> { TypedValue = mail }
        );

    /// <summary>What is kept of a mail, oldest first: the kind, and the metadata as JSON.</summary>
    public async Task<IReadOnlyList<string>> Happened(int mail)
    {
        var all = await Scalar<string[]>(
            """
            select coalesce(array_agg(e.event_type || ' ' || coalesce(e.metadata::text, '') order by e.id), '{}')
            from backstage.email_events e
            where e.email_log_id = $1
            """,
            new NpgsqlParameter<int> { TypedValue = mail }
        );
        return all;
    }

    /// <summary>Why nobody writes to a contact any more; empty where somebody may.</summary>
    public Task<string> Suppressions(int contact) =>
        Scalar<string>(
            """
            select coalesce(string_agg(h.metadata ->> 'reason', ' ' order by h.id), '')
            from backstage.consent_history h
            where h.contact_id = $1 and h.action = 'unsubscribe'
            """,
            new NpgsqlParameter<int> { TypedValue = contact }
        );

    private async Task Execute(string sql, params NpgsqlParameter[] parameters)
    {
        await using var command = Writer.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<T> Scalar<T>(string sql, params NpgsqlParameter[] parameters)
    {
        await using var command = Writer.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        return (T)(
            await command.ExecuteScalarAsync()
            ?? throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"No row: {sql}"))
        );
    }
}

/// <summary>A mail of the ledger, and whom it went to.</summary>
public sealed record LeftMail(int Id, int Contact);
