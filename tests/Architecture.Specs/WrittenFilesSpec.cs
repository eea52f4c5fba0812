using System.Text.RegularExpressions;

namespace SchemaHub.Architecture.Specs;

/// <summary>One class writes all files and makes them private; another writes all CSV and escapes.</summary>
public sealed partial class WrittenFilesSpec
{
    private const string FileClass = "src/Infrastructure/Files/PrivateFile.cs";
    private const string CsvClass = "src/Infrastructure/Files/CsvText.cs";

    /// <summary>What may write otherwise, and why.</summary>
    private static readonly Dictionary<string, string> s_public = new(StringComparer.Ordinal)
    {
        [FileClass] = "it is the class",
        ["src/Api/CommandLine/SchemaVerbs.cs"] = "documents about tables, for the repository",
        ["src/Infrastructure/Postgres/PostgresPackage.cs"] = "programs, which another account runs",
    };

    /// <summary>Files that open others for reading only.</summary>
    private static readonly string[] s_readers = ["src/Infrastructure/Seals/FileWitness.cs"];

    /// <summary>Everything that hands out CSV.</summary>
    private static readonly string[] s_csv =
    [
        "src/Api/CommandLine/RejectsFile.cs",
        "src/Api/Http/CsvStream.cs",
        "src/Infrastructure/Contacts/CsvContactWriter.cs",
    ];

    private static IEnumerable<(string Path, string Text)> Sources =>
        Repository
            .Files.Where(file =>
                file.StartsWith("src/", StringComparison.Ordinal) && file.EndsWith(".cs", StringComparison.Ordinal)
            )
            .Select(file => (file, Repository.Read(file)));

    [Test]
    public void Every_file_is_written_by_the_one_class_that_makes_it_private() =>
        Sources
            .Where(source => !s_public.ContainsKey(source.Path))
            .SelectMany(source => Writes().Matches(source.Text).Select(match => $"{source.Path}: {match.Value}"))
            .ShouldBeEmpty("Use PrivateFile: a mail, an export or a key is nobody else's to read.");

    [Test]
    public void Files_are_opened_as_streams_for_reading_only() =>
        Sources
            .Where(source => !s_public.ContainsKey(source.Path))
            .SelectMany(source =>
                Opens()
                    .Matches(source.Text)
                    .Where(match => !match.Value.Contains("FileAccess.Read,", StringComparison.Ordinal))
                    .Select(_ => source.Path)
                    .Concat(s_readers.Contains(source.Path) || !Opens().IsMatch(source.Text) ? [] : [source.Path])
            )
            .ShouldBeEmpty("Use PrivateFile to write; name the file in this spec if it only reads.");

    [Test]
    public void Every_exception_still_is_one() =>
        s_public.Keys.Concat(s_readers).Concat(s_csv).Where(file => !Repository.Files.Contains(file)).ShouldBeEmpty();

    [Test]
    public void All_CSV_is_written_by_the_one_class_that_escapes()
    {
        Sources
            .Where(source => source.Path != CsvClass && WritesCsv().IsMatch(source.Text))
            .Select(source => source.Path)
            .ShouldBe(s_csv, "Write CSV with CsvText, and name the file in this spec.");
        Sources
            .Where(source => OtherCsv().IsMatch(source.Text))
            .Select(source => source.Path)
            .ShouldBeEmpty("Write CSV with CsvText: it escapes what a spreadsheet would run.");
    }

    [GeneratedRegex(
        @"\bFile\.(Write\w+|Append\w+|Create\w*|OpenWrite|Open)\(|\bDirectory\.Create\w+\(|FileStreamOptions"
            + @"|GetTempFileName|new StreamWriter\((path|file\.FullName|"")"
    )]
    private static partial Regex Writes();

    [GeneratedRegex(@"new FileStream\([^;]*;")]
    private static partial Regex Opens();

    [GeneratedRegex(@"CsvText\.AppendRow")]
    private static partial Regex WritesCsv();

    [GeneratedRegex(@"\bCsvWriter\.|CsvInjection")]
    private static partial Regex OtherCsv();
}
