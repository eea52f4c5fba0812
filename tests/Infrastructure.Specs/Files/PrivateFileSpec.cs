using SchemaHub.Infrastructure.Files;

namespace SchemaHub.Infrastructure.Specs.Files;

/// <summary>What the service writes nobody else may read, whatever was there before.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
[Platform(Exclude = "Win", Reason = "Windows has no modes.")]
public class PrivateFileSpec
{
    private const UnixFileMode Mode600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private string _directory = null!;

    [SetUp]
    public void MakeDirectory() =>
        _directory = Directory.CreateTempSubdirectory($"schemahub-files-{Environment.ProcessId}").FullName;

    [TearDown]
    public void DropDirectory() => Directory.Delete(_directory, recursive: true);

    [TestCase(FileMode.Create)]
    [TestCase(FileMode.CreateNew)]
    [TestCase(FileMode.OpenOrCreate)]
    public void A_new_file_is_private(FileMode mode)
    {
        using var file = PrivateFile.Open(Path.Combine(_directory, "new"), mode);

        File.GetUnixFileMode(file.Name).ShouldBe(Mode600);
    }

    [TestCase(FileMode.Open)]
    [TestCase(FileMode.Append)]
    [TestCase(FileMode.Truncate)]
    public void A_file_that_is_there_becomes_private(FileMode mode)
    {
        var path = Path.Combine(_directory, "there");
        File.WriteAllText(path, "text");
        File.SetUnixFileMode(path, (UnixFileMode)0b110_100_100);

        PrivateFile.Open(path, mode).Dispose();

        File.GetUnixFileMode(path).ShouldBe(Mode600);
    }

    [Test]
    public async Task A_file_that_others_could_read_becomes_private_before_it_is_written()
    {
        var path = Path.Combine(_directory, "old");
        await File.WriteAllTextAsync(path, "a longer text than the new one");
        File.SetUnixFileMode(path, (UnixFileMode)0b110_110_110);

        await PrivateFile.WriteText(path, "secret");

        File.GetUnixFileMode(path).ShouldBe(Mode600);
        (await File.ReadAllTextAsync(path)).ShouldBe("secret");
    }

    [Test]
    public void A_new_directory_is_private()
    {
        var path = Path.Combine(_directory, "a", "b");

        PrivateFile.CreateDirectory(path);

        File.GetUnixFileMode(path).ShouldBe(Mode600 | UnixFileMode.UserExecute);
    }
}
