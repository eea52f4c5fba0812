using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Security;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Database;

/// <summary>A database opens with its own keys and journal only; what is refused changes nothing.</summary>
public sealed class OpeningSpec
{
    private static readonly string[] KeyFiles =
    [
        "master.key",
        "address.key",
        "logins.json",
        "seal.pem",
        "seal.pub.pem",
    ];

    [TestCaseSource(nameof(KeyFiles))]
    public async Task A_key_file_that_is_missing_is_named(string file)
    {
        await using var stopped = await StoppedInstallation.Create();
        File.Delete(Path.Combine(stopped.Keys, file));

        (await stopped.ShouldBeRefused<KeysException>()).ShouldContain(file == "master.key" ? stopped.Keys : file);
    }

    [TestCaseSource(nameof(KeyFiles))]
    public async Task A_key_file_that_was_cut_is_named(string file)
    {
        await using var stopped = await StoppedInstallation.Create();
        var path = Path.Combine(stopped.Keys, file);
        foreach (var length in new[] { File.ReadAllText(path).Length / 2, 0 })
        {
            await File.WriteAllTextAsync(path, (await File.ReadAllTextAsync(path))[..length]);
            (await stopped.ShouldBeRefused<KeysException>()).ShouldContain(file);
        }
    }

    [TestCase("master.key", "master")]
    [TestCase("address.key", "address")]
    [TestCase("seal.pub.pem", "seal")]
    [TestCase("seal.pem", "seal")]
    public async Task A_key_of_another_installation_is_named(string file, string named)
    {
        await using var stopped = await StoppedInstallation.Create();
        var foreign = await StoppedInstallation.ForeignKeys();
        File.Copy(Path.Combine(foreign, file), Path.Combine(stopped.Keys, file), overwrite: true);

        (await stopped.ShouldBeRefused<KeysException>()).ShouldContain(named);
        Directory.Delete(foreign, recursive: true);
    }

    [Test]
    public async Task Without_the_directory_no_new_keys_are_made_beside_the_database()
    {
        await using var stopped = await StoppedInstallation.Create();
        Directory.Delete(stopped.Keys, recursive: true);

        (await stopped.ShouldBeRefused<KeysException>()).ShouldContain("new keys cannot read it");
        Directory.Exists(stopped.Keys).ShouldBeFalse();
    }

    [Test]
    public async Task Another_installations_directory_is_refused()
    {
        await using var stopped = await StoppedInstallation.Create();
        var foreign = await StoppedInstallation.ForeignKeys();

        (await StoppedInstallation.ShouldBeRefused<KeysException>(stopped.ConnectionString, foreign)).ShouldContain(
            "not the one this database was made with"
        );
        Directory.Delete(foreign, recursive: true);
    }

    [Test]
    public async Task A_journal_that_is_missing_is_refused()
    {
        await using var stopped = await StoppedInstallation.Create();
        File.Delete(stopped.Journal);

        (await stopped.ShouldBeRefused<JournalException>()).ShouldContain("no journal");
    }

    [Test]
    public async Task A_journal_that_is_shorter_than_the_database_says_is_refused()
    {
        await using var stopped = await StoppedInstallation.Create();
        var lines = await File.ReadAllLinesAsync(stopped.Journal);
        for (var kept = lines.Length - 1; kept >= 0; kept--)
        {
            await File.WriteAllTextAsync(stopped.Journal, string.Concat(lines[..kept].Select(line => line + "\n")));
            (await stopped.ShouldBeRefused<JournalException>()).ShouldContain("cut");
        }
    }

    [Test]
    public async Task A_longer_journal_of_another_installation_is_refused()
    {
        await using var stopped = await StoppedInstallation.Create();
        var foreign = await StoppedInstallation.ForeignKeys();
        File.Copy(Path.Combine(foreign, "journal.jsonl"), stopped.Journal, overwrite: true);

        (await stopped.ShouldBeRefused<JournalException>()).ShouldContain("another installation's");
        Directory.Delete(foreign, recursive: true);
    }

    [Test]
    public async Task A_damaged_line_in_the_middle_of_the_journal_is_refused()
    {
        await using var stopped = await StoppedInstallation.Create();
        var text = await File.ReadAllTextAsync(stopped.Journal);
        var withdrawn = text.IndexOf("consent_withdrawn", StringComparison.Ordinal);
        await File.WriteAllTextAsync(stopped.Journal, text.Remove(withdrawn, 1).Insert(withdrawn, "k"));

        (await stopped.ShouldBeRefused<JournalException>()).ShouldContain("damaged");
    }

    [Test]
    public async Task An_empty_database_beside_a_used_journal_is_taken_for_a_lost_one()
    {
        await using var stopped = await StoppedInstallation.Create();
        await using var empty = await TestDatabase.Create();

        (
            await StoppedInstallation.ShouldBeRefused<JournalException>(empty.ConnectionString, stopped.Keys)
        ).ShouldContain("restore reapply");
    }

    [TestCase("journal.jsonl")]
    [TestCase("address.key")]
    public async Task Nothing_is_made_in_a_directory_that_holds_a_part_of_an_installation(string left)
    {
        await using var stopped = await StoppedInstallation.Create();
        await using var empty = await TestDatabase.Create();
        foreach (var file in Directory.GetFiles(stopped.Keys).Where(file => Path.GetFileName(file) != left))
            File.Delete(file);

        await StoppedInstallation.ShouldBeRefused<KeysException>(empty.ConnectionString, stopped.Keys);
    }
}
