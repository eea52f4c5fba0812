using System.Reflection;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>A template sees a contact's data, and nothing of the program that holds them.</summary>
public sealed class TemplateDataOnlySpec
{
    private const BindingFlags Members = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static;

    // A text, a date, numbers, truth values, nothing, lists and objects.
    private const string Values = """
        ["[1]","2024-03-01T10:00:00Z",5,1.5,1e300,true,false,null,[1,"a",[2],{"a":1}],[],{"a":1}]
        """;

    private static readonly Type[] s_types =
    [
        typeof(string),
        typeof(long),
        typeof(decimal),
        typeof(double),
        typeof(bool),
        typeof(DateTimeOffset),
        typeof(List<object?>),
        typeof(object[]),
        typeof(Dictionary<string, object?>),
        typeof(System.Text.Json.JsonElement),
    ];

    [Test]
    public void No_member_of_the_program_is_a_variable()
    {
        var recipient = Templates.With($"{{\"my_values\":{Values}}}");
        var names = s_types
            .SelectMany(type => type.GetMembers(Members))
            .Select(member => member.Name)
            .Where(name => name.All(char.IsLetterOrDigit))
            .SelectMany(name => new[] { name, char.ToLowerInvariant(name[0]) + name[1..] })
            .Distinct()
            .ToList();
        names.ShouldContain("length");
        names.ShouldContain("Capacity");

        foreach (var chunk in names.Chunk(60))
        {
            var outputs = chunk.Select(name =>
                $"{{{{this.{name}}}}}{{{{#if this.{name}}}}}{name}{{{{/if}}}}{{{{@root.metadata.{name}}}}}"
                + $"{{{{#each this}}}}{{{{this.{name}}}}}{{{{/each}}}}"
            );
            var html = $"{{{{#each metadata.my_values}}}}{string.Concat(outputs)}{{{{/each}}}}";

            Templates.Html(html, recipient).ShouldBe("");
        }
    }

    [TestCase("\"[\\\"a\\\",\\\"b\\\"]\"")]
    [TestCase("5")]
    [TestCase("true")]
    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("{}")]
    public void What_is_no_list_has_no_items(string json)
    {
        var html = "{{#each metadata.l}}<li>{{this}}</li>{{else}}none{{/each}}{{metadata.l.[0]}}{{metadata.l.0}}";

        Templates.Html(html, Templates.With($"{{\"l\":{json}}}")).ShouldBe("none");
    }

    [Test]
    public void Data_that_are_named_like_members_are_data()
    {
        var recipient = Templates.With("""{"Length":1,"o":{"Count":2,"length":3},"l":[{"Capacity":4}]}""");

        Templates
            .Html(
                "{{metadata.Length}}{{metadata.o.Count}}{{metadata.o.length}}{{metadata.l.[0].Capacity}}"
                    + "{{#each metadata.l}}{{Capacity}}{{/each}}",
                recipient
            )
            .ShouldBe("12344");
    }
}
