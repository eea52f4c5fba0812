using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Postgres;

/// <summary>Gives each spec a data directory of its own that does not exist yet, and cleans up after it.</summary>
public abstract class DataDirectorySpec
{
    protected string Folder { get; private set; } = "";

    [SetUp]
    public void ChooseFolder() => Folder = TestServer.NewDirectory();

    [TearDown]
    public void DeleteFolder()
    {
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
    }
}
