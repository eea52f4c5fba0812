using Npgsql;
using SchemaHub.Infrastructure.Postgres;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.CommandLine;

/// <summary>An installed program with an organization and its list, on a server that runs all the while.</summary>
[NeedsPrivateServer]
public abstract class VerbsFixture
{
    private const string List =
        "email,name,opt_in_at\nann@x.org,Ann,2024-01-01T10:00:00Z\nben@x.org,Ben,2024-01-01T10:00:00Z\nnobody,,\n";

    private EmbeddedPostgres? _server;

    private protected Installed Schemahub { get; private set; } = null!;

    /// <summary>A directory for files that verbs read and write.</summary>
    private protected string Files { get; private set; } = null!;

    /// <summary>The id of the organization that has the people on its list.</summary>
    private protected string Acme { get; private set; } = null!;

    /// <summary>The list, with two people and a row that is bad.</summary>
    private protected string People { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task Install()
    {
        Schemahub = new Installed(Installed.NewDirectory());
        // Held, so that the verbs share one server rather than start it one after another.
        _server = await TestServer.Start(Schemahub.DataDirectory);
        Files = Directory.CreateTempSubdirectory("schemahub-files-").FullName;
        Acme = await Schemahub.CreateOrganization("acme");
        People = Path.Combine(Files, "people.csv");
        await File.WriteAllTextAsync(People, List);
        await Schemahub.Json("contacts", "import", "--org", "acme", People);
    }

    [OneTimeTearDown]
    public async Task Remove()
    {
        if (_server is not null)
            await _server.DisposeAsync();

        foreach (var directory in new[] { Schemahub.DataDirectory, Files }.Where(Directory.Exists))
            Directory.Delete(directory, recursive: true);
    }

    private protected string Administrator() =>
        new NpgsqlConnectionStringBuilder(_server!.ConnectionString) { Database = "schemahub" }.ConnectionString;
}
