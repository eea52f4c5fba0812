namespace SchemaHub.Architecture.Specs;

/// <summary>Each rule, broken once: the tidy spec proves nothing unless its rules can fail.</summary>
public sealed class TidyRulesSpec
{
    [TestCase("src/Api/A.cs", "\tclass A;", 1, "spaces")]
    [TestCase("docs/setup.md", "Look into\n/root/.nuget", 2, "relative path")]
    [TestCase(".ci/run", "cd /home/ann/schemahub", 1, "relative path")]
    [TestCase("docs/setup.md", "in `C:\\Users\\ann`", 1, "relative path")]
    [TestCase("build.cake", "// FIXME: later", 1, "open an issue")]
    [TestCase("src/Api/A.cs", "class A\n{\n    // TODO: all of it\n    int B;\n}", 3, "open an issue")]
    [TestCase("src/Api/A.cs", "/// <summary>HACK: all of it</summary>\nclass A;", 1, "open an issue")]
    [TestCase("src/Api/A.cs", "class A\n{\n    #region B\n    #endregion\n}", 3, "#region")]
    [TestCase("src/Api/A.cs", "System.Threading.Thread.Sleep(1);", 1, "Thread.Sleep")]
    [TestCase("tests/Api.Specs/A.cs", "await Task.Delay(100);", 1, "poll")]
    [TestCase("src/Api/A.cs", "try { } catch { }", 1, "Handle the error")]
    [TestCase("src/Api/A.cs", "try { }\ncatch (Exception) when (true)\n{\n}", 2, "Handle the error")]
    [TestCase("src/Domain/A.cs", "namespace SchemaHub.Domain;\n\nclass ContactDto;", 3, "drop the suffix")]
    [TestCase("src/Domain/A.cs", "sealed record ContactEvent;", 1, "drop the suffix")]
    [TestCase("src/Api/A.cs", "abstract record ContactEvent;", 1, "drop the suffix")]
    [TestCase("src/Api/A.cs", "enum ContactModel;", 1, "drop the suffix")]
    [TestCase("src/Domain/Contacts/A.cs", "namespace SchemaHub.Domain;", 1, "SchemaHub.Domain.Contacts;")]
    [TestCase("src/Domain/A.cs", "namespace SchemaHub.Domain\n{\n}", 1, "`namespace SchemaHub.Domain;`")]
    [TestCase("src/Api/A.cs", "var a =\n    \"select * from b\";", 2, "Name the columns")]
    [TestCase(
        "src/Api/A.cs",
        "var a = \"\"\"\n    select b\n    from c\n    returning c.*\n    \"\"\";",
        4,
        "Name the columns"
    )]
    [TestCase("src/Api/A.cs", "var a = $\"SELECT b from {c}\";", 1, "lower case")]
    [TestCase("src/Api/A.cs", "var a = @\"delete from c\nWHERE d\";", 2, "lower case")]
    [TestCase("src/Infrastructure/Migrations/1.sql", "-- all\nselect a.* from a;", 2, "Name the columns")]
    [TestCase("src/Infrastructure/Migrations/1.sql", "/* one\ntwo */ create TABLE a();", 2, "lower case")]
    [TestCase("src/Api/Handlers/A.cs", "class A;", 1, "after the feature")]
    [TestCase("src/Api/MailHelper.cs", "class A;", 1, "words of the business")]
    [TestCase("docs/plan.md", "First we", 1, "issues")]
    public void What_breaks_a_rule_is_found_where_it_is(string file, string text, int line, string fix)
    {
        var finding = Tidy.Check(file, text).ShouldHaveSingleItem();

        finding.Line.ShouldBe(line);
        finding.Fix.ShouldContain(fix);
        finding.ToString().ShouldStartWith($"{file}:{line}: ");
    }

    [TestCase("docs/setup.md", "There is no TODO in `/home/<name>/`, see https://example.org/work/a.")]
    [TestCase(
        "docs/setup.md",
        "A line of prose that is longer than a hundred and twenty columns is broken by whoever "
            + "reads it, not by us who write it."
    )]
    [TestCase("src/Api/A.cs", "var a = \"TODO\"; // nothing left to do")]
    [TestCase("src/Api/A.cs", "try { }\ncatch (IOException)\n{\n    // Gone already.\n}")]
    [TestCase(
        "src/Api/A.cs",
        "var a = \"select count(*) from b where c = 'OPEN'\"; var d = \"Select one from the CSV\"; "
    )]
    [TestCase("src/Domain/A.cs", "abstract record ContactEvent; interface ICommand;")]
    [TestCase("src/Infrastructure/Migrations/1.sql", "-- NOT NULL says it\nselect 'A', \"aB\", count(*) from b;")]
    [TestCase("tests/Api.Specs/A.cs", "while (!done)\n    await Task.Delay(10);")]
    [TestCase("tests/Api.Specs/A.cs", "await Task.Delay(Timeout.Infinite, stopped);")]
    [TestCase("samples/make.cs", "namespace Samples;")]
    public void What_keeps_the_rules_is_left_alone(string file, string text) => Tidy.Check(file, text).ShouldBeEmpty();

    [TestCase(120, 0)]
    [TestCase(121, 1)]
    public void A_line_has_120_columns_at_most(int columns, int findings) =>
        Tidy.Check("src/Api/A.cs", $"\n//{new string('x', columns - 2)}\n").Count().ShouldBe(findings);

    [TestCase(300, 0)]
    [TestCase(301, 1)]
    public void A_file_has_300_lines_at_most(int lines, int findings) =>
        Tidy.Check("src/Api/A.cs", new string('\n', lines)).Count().ShouldBe(findings);

    [TestCase("void B()\n{\n", 57, "}", 0)]
    [TestCase("void B()\n{\n", 58, "}", 1)]
    [TestCase("[Test]\n[Test]\n/// <summary>C.</summary>\nvoid B()\n{\n", 57, "}", 0)]
    [TestCase("int B =>\n", 58, "1;", 0)]
    [TestCase("int B =>\n", 59, "1;", 1)]
    [TestCase("int B\n{\n    get\n    {\n", 57, "    }\n}", 0)]
    [TestCase("int B\n{\n    get\n    {\n", 58, "    }\n}", 1)]
    [TestCase("int[] B =\n[\n", 200, "];", 0)]
    public void A_method_has_60_lines_at_most_without_its_attributes(
        string head,
        int filler,
        string tail,
        int findings
    ) =>
        Tidy.Check("src/Api/A.cs", $"class A\n{{\n{head}{new string('\n', filler)}{tail}\n}}\n")
            .Count()
            .ShouldBe(findings);

    [TestCase(58, 0)]
    [TestCase(59, 1)]
    public void A_program_without_a_method_has_60_lines_at_most(int filler, int findings) =>
        Tidy.Check("src/Api/A.cs", $"using A;\n\nB();\n{new string('\n', filler)}C();\n").Count().ShouldBe(findings);

    [TestCase("[a](gone.md)", 1)]
    [TestCase("\n![a](../samples/gone.png \"title\")", 2)]
    [TestCase("text\n\n[a]: gone.md", 3)]
    [TestCase("```\n[a](there.md)\n```\n[a](gone.md#part)", 4)]
    public void A_link_to_nowhere_is_found_where_it_is(string text, int line)
    {
        var finding = Links.Broken("docs/a.md", text, ["docs/a.md", "docs/b.md"]).ShouldHaveSingleItem();

        finding.Line.ShouldBe(line);
        finding.Fix.ShouldContain("gone");
    }

    [TestCase(
        "[a](b.md#part), [a](../README.md), [a](decisions), [a](decisions/), [a](#here), [a](https://example.org)"
    )]
    [TestCase("`[a](gone.md)`\n```md\n[a](gone.md)\n```")]
    public void A_link_to_a_file_or_elsewhere_is_left_alone(string text) =>
        Links
            .Broken("docs/a.md", text, ["docs/a.md", "docs/b.md", "README.md", "docs/decisions/0001.md"])
            .ShouldBeEmpty();
}
