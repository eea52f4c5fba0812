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
/// A service with two organizations, rows of both in every table, and logins that may see one or none.
/// </summary>
internal sealed class Organizations : IAsyncDisposable
{
    private readonly List<string> _readers = [];

    private Organizations(TestService service)
    {
        Service = service;
    }

    public TestService Service { get; }

    public Dictionary<string, Caller> Logins { get; } = [];

    public Side Ours { get; private set; } = null!;

    public Side Theirs { get; private set; } = null!;

    public long TheirContact { get; private set; }

    public IReadOnlyList<Relation> Relations { get; private set; } = [];

    public RowsOfTwo Rows { get; private set; } = null!;

    public static async Task<Organizations> Create()
    {
        var two = new Organizations(await TestService.Create());
        var (ours, _) = await two.Live("alpha");
        var (theirs, contact) = await two.Live(TwoOrganizations.Secret);
        two.Ours = await two.SideOf(ours, "alpha", 1);
        two.Theirs = await two.SideOf(theirs, TwoOrganizations.Secret, 2);
        two.TheirContact = contact;
        await two.LogIn(ours, theirs);
        two.Relations = await ReadRelations(two.Service);
        var now = await two.Service.Scalar<string>("select now()::text");
        two.Rows = new RowsOfTwo(two.Relations, two.Ours, two.Theirs, now);
        await two.Rows.Fill(two.Service.Installation.Administrator);
        return two;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var caller in Logins.Values)
            await caller.DisposeAsync();

        foreach (var reader in _readers)
            await Service.Execute($"drop owned by {reader}; drop role {reader}");

        await Service.DisposeAsync();
    }

    private async Task LogIn(Guid ours, Guid theirs)
    {
        var reader = await Readers.Create(Service.Installation, ours, CancellationToken.None);
        var nobodys = await Readers.Create(Service.Installation, ours, CancellationToken.None);
        await Service.Execute($"delete from access.readers where role_name = '{nobodys.Role}'");
        _readers.AddRange([reader.Role, nobodys.Role]);
        var app = new NpgsqlConnectionStringBuilder(Service.ConnectionString)
        {
            Username = Service.Installation.Keys.Logins.App,
            Password = Service.Installation.Keys.Logins.AppPassword,
        }.ConnectionString;
        Caller[] callers =
        [
            new("reader", reader.ConnectionString, ours, isReader: true),
            new("reader of nobody", nobodys.ConnectionString, organization: null, isReader: true),
            new("app", app, ours, isReader: false),
            new("app of the other", app, theirs, isReader: false),
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
            await Service.Scalar<int>($"select user_number {condition}"),
            await Service.Scalar<Guid>($"select id {condition}")
        );
    }

    /// <summary>Everything in the service's schemas, as the catalog has it.</summary>
    public static async Task<List<Relation>> ReadRelations(TestService service)
    {
        await using var command = service.Installation.Administrator.CreateCommand(Relation.Sql);
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
                    caller with
                    {
                        Ip = IPAddress.Parse("2001:db8::7"),
                        UserAgent = $"Browser of {name}",
                        IdempotencyKey = $"{name}-{i}",
                    }
            );
            contact = added.Number;
        }

        await Service.Send(organization, new WithdrawConsent(contact));
        return (organization, contact);
    }
}
