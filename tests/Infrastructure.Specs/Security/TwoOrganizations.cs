using System.Globalization;
using System.Net;
using System.Text.Json;
using Npgsql;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Security;

/// <summary>
/// Two organizations, and logins that may read one of them. What they try is tried on everything that the catalog
/// lists, so that what is new is tried too.
/// </summary>
public abstract class TwoOrganizations
{
    /// <summary>In every text that belongs to the other organization.</summary>
    protected const string Secret = "bravo";

    protected const string NotPermitted = PostgresErrorCodes.InsufficientPrivilege;

    protected static readonly string[] Callers = ["reader", "app", "app without a tenant"];

    private string _reader = "";

    private protected Dictionary<string, Caller> Logins { get; } = [];

    protected TestService Service { get; private set; } = null!;

    protected Guid Ours { get; private set; }

    protected Guid Theirs { get; private set; }

    protected long TheirContact { get; private set; }

    /// <summary>Every table, view and sequence there is.</summary>
    protected List<string> AllRelations { get; private set; } = [];

    [OneTimeSetUp]
    public async Task Prepare()
    {
        Service = await TestService.Create();
        (Ours, _) = await Live("alpha");
        (Theirs, TheirContact) = await Live(Secret);
        await Service.Execute("analyze");
        var reader = await Readers.Create(Service.Installation, Ours, CancellationToken.None);
        _reader = reader.Role;
        var app = new NpgsqlConnectionStringBuilder(Service.ConnectionString)
        {
            Username = Service.Installation.Keys.Logins.App,
            Password = Service.Installation.Keys.Logins.AppPassword,
        }.ConnectionString;
        Logins["reader"] = new Caller("reader", reader.ConnectionString);
        Logins["app"] = new Caller("app", app, Ours.ToString());
        Logins["app without a tenant"] = new Caller("app without a tenant", app);
        AllRelations = await Catalog(
            """
            select format('%I.%I', n.nspname, c.relname)
            from pg_class c
            join pg_namespace n on n.oid = c.relnamespace
            where c.relkind in ('r', 'v', 'm', 'p', 'f', 'S')
                and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
            order by 1
            """
        );
        AllRelations.Count.ShouldBeGreaterThan(20);
    }

    [OneTimeTearDown]
    public async Task CleanUp()
    {
        foreach (var caller in Logins.Values)
            await caller.DisposeAsync();

        await Service.Execute($"drop owned by {_reader}; drop role {_reader}");
        await Service.DisposeAsync();
    }

    private async Task<(Guid Organization, long Contact)> Live(string name)
    {
        var organization = await Service.CreateOrganization(name);
        await Service.Send(organization, new CreateApiKey(name));
        var metadata = JsonDocument.Parse($$"""{"note":"{{name}}"}""").RootElement;
        var contact = 0L;
        for (var i = 0; i < 3; i++)
        {
            var email = string.Create(CultureInfo.InvariantCulture, $"p{i}@{name}.example");
            var consent = new ConsentInput(Claims: new Dictionary<string, string> { ["note"] = name });
            var added = await Service.Send(
                organization,
                new AddContact(email, $"Person of {name}", metadata, consent),
                caller =>
                {
                    caller.Ip = IPAddress.Parse("2001:db8::7");
                    caller.UserAgent = $"Browser of {name}";
                    caller.IdempotencyKey = $"{name}-{i}";
                }
            );
            contact = added.Number;
        }

        await Service.Send(organization, new WithdrawConsent(contact));
        return (organization, contact);
    }

    private protected void ShouldShowNothing(Attempt attempt, string what)
    {
        attempt.Seen.ShouldNotContain(Secret, Case.Insensitive, what);
        attempt.Seen.ShouldNotContain(Theirs.ToString(), Case.Insensitive, what);
    }

    protected Task<List<string>> Tables(string schema = "%") => Relations("r", schema);

    protected Task<List<string>> Relations(string kind, string schema = "%") =>
        Catalog(
            $"""
            select format('%I.%I', n.nspname, c.relname)
            from pg_class c
            join pg_namespace n on n.oid = c.relnamespace
            where c.relkind = '{kind}' and n.nspname like '{schema}'
                and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
            """
        );

    protected Task<List<string>> Columns(string relation) =>
        Catalog(
            $"""
            select quote_ident(a.attname)
            from pg_attribute a
            where a.attrelid = '{relation}'::regclass and a.attnum > 0 and not a.attisdropped
            """
        );

    protected async Task<List<string>> Catalog(string sql)
    {
        await using var command = Service.Installation.Administrator.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var found = new List<string>();
        while (await reader.ReadAsync())
            found.Add(reader.GetString(0));

        return found;
    }
}
