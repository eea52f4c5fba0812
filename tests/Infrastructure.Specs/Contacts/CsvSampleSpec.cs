using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Specs.Contacts;

/// <summary>
/// The sample lists are made by a script that knows what it made of each line, and knows nothing of the reader.
/// </summary>
public sealed class CsvSampleSpec
{
    private static readonly string Samples = Path.Combine(Root(), "samples");

    [Test]
    public async Task Every_line_of_the_messy_sample_is_what_it_was_made_to_be()
    {
        using var expected = JsonDocument.Parse(
            await File.ReadAllTextAsync(Path.Combine(Samples, "contacts.expected.json"))
        );
        var entries = await Read("contacts.csv");
        var rows = entries.OfType<ContactFileRow>().ToList();
        var root = expected.RootElement;

        entries.OfType<BrokenFile>().ShouldBeEmpty();
        rows.Count.ShouldBeGreaterThan(10_000);
        rows.Count.ShouldBe(root.GetProperty("good").GetInt32());
        entries
            .OfType<RejectedRow>()
            .Select(row => (row.Line, row.Code))
            .ShouldBe(
                root.GetProperty("rejected").EnumerateArray().Select(row => (row[0].GetInt64(), row[1].GetString()!))
            );
        rows.Count(row => row.Consent is not null).ShouldBe(root.GetProperty("consents").GetInt32());

        var standings = root.GetProperty("standings");
        foreach (var kind in Enum.GetValues<FileWithdrawalKind>())
        {
            var made = standings.GetProperty(kind.ToString().ToLowerInvariant()).GetInt32();
            rows.Count(row => row.Withdrawal?.Kind == kind).ShouldBe(made, kind.ToString());
        }

        rows.Count(row => row.Claims?.ContainsKey("status") == true)
            .ShouldBe(standings.GetProperty("dormant").GetInt32());
    }

    [Test]
    public async Task The_Mailchimp_sample_is_40_members_of_whom_30_opted_in()
    {
        var entries = await Read("mailchimp.csv");
        entries[0].ShouldBeOfType<ContactFileHeader>().Format.ShouldBe(ContactFileFormat.Mailchimp);
        var rows = entries.Skip(1).ShouldAllBeOfType<ContactFileRow>();
        rows.Count.ShouldBe(40);
        rows.Count(row => row.Consent is { OptInIp: not null, ConfirmedAt: not null }).ShouldBe(30);
        rows.ShouldAllBe(row => row.Withdrawal == null);
    }

    [Test]
    public async Task The_listmonk_sample_is_40_subscribers_of_whom_some_opted_in_and_4_are_blocked()
    {
        var entries = await Read("listmonk.csv");
        entries[0].ShouldBeOfType<ContactFileHeader>().Format.ShouldBe(ContactFileFormat.Listmonk);
        var rows = entries.Skip(1).ShouldAllBeOfType<ContactFileRow>();
        rows.Count.ShouldBe(40);
        // Every second has an opt-in in its attributes; of those, every fifth is disabled.
        rows.Count(row => row.Consent is not null).ShouldBe(16);
        rows.Count(row => row.Withdrawal is { Kind: FileWithdrawalKind.Blocked }).ShouldBe(4);
    }

    [Test]
    public async Task The_samples_are_what_their_script_makes()
    {
        var directory = Directory.CreateTempSubdirectory("samples-").FullName;
        try
        {
            await MakeSamples(directory);
            foreach (var made in Directory.EnumerateFiles(directory))
            {
                var committed = Path.Combine(Samples, Path.GetFileName(made));
                AreSame(await File.ReadAllBytesAsync(made), await File.ReadAllBytesAsync(committed))
                    .ShouldBeTrue($"{committed} is not what samples/make-contacts.mjs makes; run it and commit.");
            }

            Directory.EnumerateFiles(directory).Count().ShouldBe(4);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task MakeSamples(string directory)
    {
        try
        {
            using var node = Process.Start("node", [Path.Combine(Samples, "make-contacts.mjs"), directory]);
            await node.WaitForExitAsync();
            node.ExitCode.ShouldBe(0);
        }
        catch (Win32Exception)
        {
            Assert.Ignore("Node is not installed, so the samples cannot be made again.");
        }
    }

    private static async Task<List<ContactFileEntry>> Read(string name)
    {
        await using var file = File.OpenRead(Path.Combine(Samples, name));
        return await CsvTestFile.Read(file);
    }

    private static bool AreSame(byte[] one, byte[] other) => one.AsSpan().SequenceEqual(other);

    private static string Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "SchemaHub.sln")))
            directory = directory.Parent ?? throw new DirectoryNotFoundException("No SchemaHub.sln above the specs.");

        return directory.FullName;
    }
}

file static class EntriesShould
{
    public static List<T> ShouldAllBeOfType<T>(this IEnumerable<ContactFileEntry> entries) =>
        entries.Select(entry => entry.ShouldBeOfType<T>()).ToList();
}
