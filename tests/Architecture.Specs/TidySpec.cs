namespace SchemaHub.Architecture.Specs;

public sealed class TidySpec
{
    /// <summary>Made of snippets that break every rule.</summary>
    private const string BadExamples = "tests/Architecture.Specs/TidyRulesSpec.cs";

    [Test]
    public void Every_file_keeps_the_rules_of_style()
    {
        Repository.Files.ShouldContain("SchemaHub.sln");

        var findings = Repository
            .Files.Where(file => file != BadExamples)
            .SelectMany(file => Tidy.Check(file, Repository.Read(file)))
            .ToArray();

        findings.ShouldBeEmpty(string.Join('\n', findings.AsEnumerable()));
    }

    [Test]
    public void The_list_of_long_files_only_shrinks()
    {
        var done = CSharpRules.LongFiles.Keys.Where(file =>
            !Repository.Files.Contains(file) || Repository.Read(file).AsSpan().Count('\n') <= CSharpRules.MaxFileLines
        );

        done.ShouldBeEmpty("These files are gone or short by now: take them out of CSharpRules.LongFiles.");
    }

    [Test]
    [Category("Docs")]
    public void Every_link_in_the_documentation_leads_to_a_file()
    {
        var broken = Repository
            .Files.Where(file => file.EndsWith(".md", StringComparison.Ordinal))
            .SelectMany(file => Links.Broken(file, Repository.Read(file), Repository.Files))
            .ToArray();

        broken.ShouldBeEmpty(string.Join('\n', broken.AsEnumerable()));
    }
}
