using Npgsql;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Database;

/// <summary>An installation that was used and then stopped: a database, keys and a journal to tamper with.</summary>
internal sealed class StoppedInstallation : IAsyncDisposable
{
    private readonly TestDatabase _database;

    private StoppedInstallation(TestDatabase database, string keys) => (_database, Keys) = (database, keys);

    public string Keys { get; }

    public string ConnectionString => _database.ConnectionString;

    public string Journal => Path.Combine(Keys, "journal.jsonl");

    public Guid Organization { get; private set; }

    /// <summary>Of three contacts the first two have withdrawn; the third is subscribed.</summary>
    public List<long> Contacts { get; } = [];

    public static async Task<StoppedInstallation> Create()
    {
        var (database, keys) = await TestService.CreateDatabase();
        var stopped = new StoppedInstallation(database, keys);
        await using var service = await stopped.Start();
        stopped.Organization = await service.CreateOrganization("acme");
        foreach (var name in new[] { "ann", "bob", "cem" })
        {
            var added = await service.Send(
                stopped.Organization,
                new AddContact($"{name}@example.org", Consent: new ConsentInput())
            );
            stopped.Contacts.Add(added.Number);
        }

        foreach (var contact in stopped.Contacts[..2])
            await service.Send(stopped.Organization, new WithdrawConsent(contact));

        return stopped;
    }

    /// <summary>An installation whose keys were made by themselves, as another server would have them.</summary>
    public static async Task<string> ForeignKeys()
    {
        await using var database = await TestDatabase.Create();
        var keys = Directory.CreateTempSubdirectory("schemahub-foreign-").FullName;
        await using var service = await TestService.Start(database.ConnectionString, keys);
        var organization = await service.CreateOrganization("foreign");
        var added = await service.Send(organization, new AddContact("dan@example.org"));
        for (var i = 0; i < 5; i++)
            await service.Send(organization, new WithdrawConsent(added.Number, $"purpose{i}"));

        return keys;
    }

    public Task<TestService> Start(bool restoring = false) =>
        TestService.Start(ConnectionString, Keys, restoring: restoring);

    /// <summary>Opening is refused, and neither the database nor the directory is touched.</summary>
    public Task<string> ShouldBeRefused<TException>()
        where TException : Exception => ShouldBeRefused<TException>(ConnectionString, Keys);

    /// <inheritdoc cref="ShouldBeRefused{TException}()"/>
    public static async Task<string> ShouldBeRefused<TException>(string connectionString, string keys)
        where TException : Exception
    {
        var before = await Snapshot.Of(connectionString, keys);
        var refused = await Should.ThrowAsync<TException>(
            Installation.Open(new NpgsqlConnectionStringBuilder(connectionString), keys, CancellationToken.None)
        );
        (await Snapshot.Of(connectionString, keys)).ShouldBe(before);
        return refused.Message;
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        if (Directory.Exists(Keys))
            Directory.Delete(Keys, recursive: true);
    }
}
