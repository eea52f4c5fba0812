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

    /// <summary>Besides, who sees the other organization, and who sees none.</summary>
    protected static readonly string[] Everybody = [.. Callers, "app of the other", "reader of nobody"];

    /// <summary>What the service's queries insert, in bulk, because no command stands behind it.</summary>
    protected static readonly string[] Telemetry =
    [
        "podcast.access_logs",
        "podcast.api_usage",
        "podcast.attribution_event_metadata",
        "podcast.attribution_events",
        "podcast.listener_events",
        "podcast.listener_metrics",
    ];

    private readonly List<string> _readers = [];

    private protected Dictionary<string, Caller> Logins { get; } = [];

    protected TestService Service { get; private set; } = null!;

    protected Guid Ours { get; private set; }

    protected Guid Theirs { get; private set; }

    protected long TheirContact { get; private set; }

    private protected Side OurSide { get; private set; } = null!;

    private protected Side TheirSide { get; private set; } = null!;

    private protected RowsOfTwo Rows { get; private set; } = null!;

    /// <summary>Everything in the service's schemas; filled with rows of both.</summary>
    private protected List<Relation> AllRelations { get; private set; } = [];

    private protected IEnumerable<Relation> Tables => AllRelations.Where(relation => relation.IsTable);

    [OneTimeSetUp]
    public async Task Prepare()
    {
        Service = await TestService.Create();
        (Ours, _) = await Live("alpha");
        (Theirs, TheirContact) = await Live(Secret);
        await LogIn();
        AllRelations = await ReadRelations();
        AllRelations.Count.ShouldBeGreaterThan(150);
        OurSide = await SideOf(Ours, "alpha", 1);
        TheirSide = await SideOf(Theirs, Secret, 2);
        Rows = new RowsOfTwo(AllRelations, OurSide, TheirSide, await Service.Scalar<string>("select now()::text"));
        await Rows.Fill(Service.Installation.Administrator);
    }

    [OneTimeTearDown]
    public async Task CleanUp()
    {
        foreach (var caller in Logins.Values)
            await caller.DisposeAsync();

        foreach (var reader in _readers)
            await Service.Execute($"drop owned by {reader}; drop role {reader}");

        await Service.DisposeAsync();
    }

    private async Task LogIn()
    {
        var reader = await Readers.Create(Service.Installation, Ours, CancellationToken.None);
        var nobodys = await Readers.Create(Service.Installation, Ours, CancellationToken.None);
        await Service.Execute($"delete from access.readers where role_name = '{nobodys.Role}'");
        _readers.AddRange([reader.Role, nobodys.Role]);
        var app = new NpgsqlConnectionStringBuilder(Service.ConnectionString)
        {
            Username = Service.Installation.Keys.Logins.App,
            Password = Service.Installation.Keys.Logins.AppPassword,
        }.ConnectionString;
        Caller[] callers =
        [
            new("reader", reader.ConnectionString, Ours, isReader: true),
            new("reader of nobody", nobodys.ConnectionString, organization: null, isReader: true),
            new("app", app, Ours, isReader: false),
            new("app of the other", app, Theirs, isReader: false),
            new("app without a tenant", app, organization: null, isReader: false),
        ];
        foreach (var caller in callers)
            Logins[caller.ToString()] = caller;
    }

    private async Task<Side> SideOf(Guid organization, string word, int number)
    {
        var condition = $"from access.memberships where organization_id = '{organization}'";
        return new Side(
            organization,
            word,
            number,
            await Service.Scalar<Guid>($"select user_id {condition}"),
            await Service.Scalar<int>($"select user_number {condition}")
        );
    }

    private async Task<List<Relation>> ReadRelations()
    {
        await using var command = Service.Installation.Administrator.CreateCommand(Relation.Sql);
        await using var reader = await command.ExecuteReaderAsync();
        var columns = new List<(string Name, char Kind, bool IsPartition, Column Column)>();
        while (await reader.ReadAsync())
        {
            var type = reader.GetString(4);
            var modifier = reader.GetInt32(7);
            columns.Add(
                (
                    reader.GetString(0),
                    reader.GetChar(1),
                    reader.GetBoolean(2),
                    new Column(
                        reader.GetString(3),
                        type,
                        IsEnum: reader.GetChar(5) == 'e',
                        reader.GetString(6),
                        type is "varchar" or "bpchar" && modifier > 4 ? modifier - 4 : 0,
                        await reader.IsDBNullAsync(8) ? null : reader.GetString(8),
                        await reader.IsDBNullAsync(9) ? null : reader.GetString(9)
                    )
                )
            );
        }

        return
        [
            .. columns
                .GroupBy(column => (column.Name, column.Kind, column.IsPartition))
                .Select(relation => new Relation(
                    relation.Key.Name,
                    relation.Key.Kind,
                    relation.Key.IsPartition,
                    [.. relation.Select(column => column.Column)]
                )),
        ];
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

    private protected static async Task ShouldAllBeRefused(
        Caller caller,
        IEnumerable<string> statements,
        params string[] beginning
    )
    {
        var all = statements.ToList();
        var attempts = await caller.TryEach(all, beginning);
        all.Zip(attempts)
            .Where(tried => tried.Second.Refusal != NotPermitted)
            .Select(tried => $"{tried.First}: {tried.Second.Refusal ?? "was not refused"} {tried.Second.Seen}")
            .ShouldBeEmpty();
    }

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
