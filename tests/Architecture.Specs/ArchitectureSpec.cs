using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace SchemaHub.Architecture.Specs;

public sealed partial class ArchitectureSpec
{
    /// <summary>A feature's folder has the same name in every project.</summary>
    private static readonly string[] s_features =
    [
        "Access",
        "Billing",
        "Campaigns",
        "Compliance",
        "Contacts",
        "Identity",
        "Inbox",
        "Jobs",
        "Podcasts",
        "Records",
    ];

    /// <summary>Folders that hold no feature, each with its reason; a project and its specs count as one.</summary>
    private static readonly Dictionary<string, string> s_technical = new(StringComparer.Ordinal)
    {
        ["Api/CommandLine"] = "the verbs of the executable, one file a noun",
        ["Api/Health"] = "what an orchestrator asks the service about itself",
        ["Api/Http"] = "what all endpoints share: problems, tags, limits",
        ["Api/OpenApi"] = "the description of the API",
        ["Api/Pages"] = "the pages people see without an account",
        ["Api/Security"] = "who a request comes from",
        ["Api/Support"] = "what the specs of the API share",
        ["Infrastructure/Database"] = "roles, migrations, and what belongs to one installation",
        ["Infrastructure/Files"] = "files that only the service may read, and CSV, whatever the feature",
        ["Infrastructure/Mail"] = "mail going out, whatever the feature",
        ["Infrastructure/Security"] = "keys, and what is encrypted and hashed with them",
        ["Architecture/EventSamples"] = "one JSON sample of every stored event, for ever",
        ["Infrastructure/EventLog"] = "the only source of truth, beneath all features",
        ["Infrastructure/Migrations"] = "numbered SQL files, one sequence for all features",
        ["Infrastructure/Postgres"] = "the private server, roles and migrations that all features stand on",
        ["Api/Schema"] = "the review of published schemas over HTTP, whatever feature a table is of",
        ["Application/Schema"] = "the review of published schemas: its message and its report",
        ["Infrastructure/Schema"] = "published schemas against their documents, whatever feature a table is of",
        ["Infrastructure/Seals"] = "checkpoints over the whole log, not over one feature",
    };

    [TestCase("SchemaHub.Domain", "SchemaHub.", "schemahub")]
    [TestCase("SchemaHub.Application", "SchemaHub.Infrastructure", "schemahub", "Microsoft.AspNetCore.")]
    [TestCase("SchemaHub.Infrastructure", "schemahub")]
    public void A_project_uses_only_what_lies_beneath_it(string assembly, params string[] above)
    {
        var wrong = Assembly
            .Load(assembly)
            .GetReferencedAssemblies()
            .Select(reference => reference.Name!)
            .Where(name => above.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)));

        wrong.ShouldBeEmpty($"{assembly} may not use these; put a port into Application or move the code up.");
    }

    [Test]
    public void The_domain_uses_nothing_but_the_base_class_library()
    {
        var library = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var outside = Assembly
            .Load("SchemaHub.Domain")
            .GetReferencedAssemblies()
            .Where(reference => !File.Exists(Path.Combine(library, $"{reference.Name}.dll")));

        outside.ShouldBeEmpty("Decisions are pure: give them values, and do the rest in Application.");
        Repository.Read("src/Domain/Domain.csproj").ShouldNotContain("Reference Include");
    }

    [Test]
    public void Only_a_query_in_Application_reads_the_database()
    {
        var wrong = Repository.Files.Where(file =>
            file.StartsWith("src/Application/", StringComparison.Ordinal)
            && file.EndsWith(".cs", StringComparison.Ordinal)
            // The one door that every query goes through.
            && file != "src/Application/TenantDatabase.cs"
            && ReadsDatabaseOutsideQuery(Repository.Read(file))
        );

        wrong.ShouldBeEmpty(
            "A file that uses Npgsql or Dapper must hold a type that implements an IQuery<…> or IQueryHandler<…>."
        );
    }

    [TestCase("using Npgsql; class A;", true)]
    [TestCase("class A(Npgsql.NpgsqlDataSource b) : ICommandHandler<C>;", true)]
    [TestCase("class A { object B() => Dapper.SqlMapper.Query(c, d); }", true)]
    [TestCase("using Dapper; record A : IQuery<B>;", false)]
    [TestCase("using Npgsql; class A(NpgsqlDataSource b) : IQueryHandler<C, D>;", false)]
    [TestCase("using Npgsql; record A : IStreamQuery<B>;", false)]
    [TestCase("// Npgsql would do it too.\nclass A : ICommandHandler<B>;", false)]
    public void A_file_that_reads_the_database_is_told_by_its_types(string text, bool wrong) =>
        ReadsDatabaseOutsideQuery(text).ShouldBe(wrong);

    [Test]
    public void Only_one_place_tells_outages_from_refusals()
    {
        var wrong = Repository.Files.Where(file =>
            file.StartsWith("src/", StringComparison.Ordinal)
            && file.EndsWith(".cs", StringComparison.Ordinal)
            && file != "src/Infrastructure/Database/DatabaseOutage.cs"
            && OwnOutages().IsMatch(Repository.Read(file))
        );

        wrong.ShouldBeEmpty("Ask DatabaseOutage.Is: a list of its own leaves states out.");
    }

    [GeneratedRegex(
        @"IsTransient|bool IsOutage|NpgsqlException or TimeoutException|SqlState\.StartsWith|state\.StartsWith",
        RegexOptions.None,
        1_000
    )]
    private static partial Regex OwnOutages();

    [Test]
    public void Features_have_the_same_folder_in_every_project()
    {
        var unknown = Folders()
            .Where(folder =>
                !s_features.Contains(folder.Name) && !s_technical.ContainsKey($"{folder.Project}/{folder.Name}")
            );

        unknown.ShouldBeEmpty("Use a feature's folder, or add the folder to the technical ones here with its reason.");
    }

    /// <summary>The top folders of each project.</summary>
    private static IEnumerable<(string Project, string Name)> Folders() =>
        Repository
            .Files.Select(file => file.Split('/'))
            .Where(path =>
                path is ["src", "Domain" or "Application" or "Infrastructure" or "Api", _, _, ..]
                || path is ["tests", _, _, _, ..] && path[1].EndsWith(".Specs", StringComparison.Ordinal)
            )
            .Select(path => (path[1].Replace(".Specs", "", StringComparison.Ordinal), path[2]))
            .Distinct();

    private static bool ReadsDatabaseOutsideQuery(string text)
    {
        var root = CSharpRules.Parse(text);
        var reads = root.DescendantTokens()
            .Any(token =>
                token.IsKind(SyntaxKind.IdentifierToken)
                && (token.Text.StartsWith("Npgsql", StringComparison.Ordinal) || token.Text == "Dapper")
            );
        var isQuery = root.DescendantNodes()
            .OfType<BaseTypeSyntax>()
            .Any(type =>
                type.Type is GenericNameSyntax name && name.Identifier.Text.Contains("Query", StringComparison.Ordinal)
            );
        return reads && !isQuery;
    }
}
