using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Campaigns;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>Merge tags of other tools are not sent as they stand without a word.</summary>
public sealed class ForeignTagsSpec
{
    private static IEnumerable<TestCaseData> Examples =>
        ForeignTags.Known.All.SelectMany(tag =>
            tag.Entry.Examples.Select(example => new TestCaseData(tag.Entry.Tool, example))
        );

    private static IEnumerable<string> Counterexamples => ForeignTags.Known.All.SelectMany(tag => tag.Entry.Not);

    [TestCaseSource(nameof(Examples))]
    public void A_tag_of_another_tool_is_named_with_its_place(string tool, string example)
    {
        var problem = Templates
            .Faults("Hello", $"<p>\nHello {example}!</p>{Templates.Footer}", isDraft: false)
            .First(fault => fault.Contains("merge tag", StringComparison.Ordinal));

        problem.ShouldStartWith("HtmlContent: Line 2, column 7: ");
        problem.ShouldContain(example);
        tool.ShouldNotBeEmpty();
    }

    [TestCaseSource(nameof(Counterexamples))]
    public void What_looks_alike_is_text(string text) =>
        ForeignTags.Known.All.Where(tag => tag.IsIn(text)).Select(tag => tag.Entry.Pattern).ShouldBeEmpty();

    [Test]
    public void Every_kind_has_examples_of_both()
    {
        ForeignTags.Known.All.Count.ShouldBeGreaterThanOrEqualTo(20);
        ForeignTags.Known.All.ShouldAllBe(tag => tag.Entry.Examples.Length > 0 && tag.Entry.Not.Length > 0);
    }

    [Test]
    public void A_subject_and_an_address_are_looked_at_too()
    {
        Templates
            .Faults("Hi *|FNAME|*", $"<p>Hi</p>{Templates.Footer}", isDraft: false)
            .ShouldHaveSingleItem()
            .ShouldStartWith("Subject: Line 1, column 4: *|FNAME|*");
        Templates
            .Faults("Hi", $"<a href=\"https://a.example/?u=%recipient.id%\">x</a>{Templates.Footer}", isDraft: false)
            .ShouldHaveSingleItem()
            .ShouldContain("%recipient.id%");
    }

    [Test]
    public void A_draft_may_have_them_and_a_preview_says_so()
    {
        var reviewed = Templates.Workshop.Review(
            new TemplateSource("Hello", $"<p>*|FNAME|* *|FNAME|*</p>{Templates.Footer}", Mjml: null, IsDraft: true)
        );

        reviewed.Problems.ShouldBeEmpty();
        reviewed.Lacks.ShouldHaveSingleItem().Message.ShouldContain("*|FNAME|*");
    }

    [TestCase("<p>&#42;|FNAME|* &#91;FIRSTNAME] &#123;% if %}</p>")]
    [TestCase("<!--[if mso]><p>Outlook</p><![endif]--><style>a{color:red}@media print{b{width:50%}}</style>")]
    [TestCase("<p>[1] 50% off {now} (name) 100% ${5} a@b.example</p>")]
    public void Other_text_is_left_alone(string html) =>
        Templates.Faults("Hello", html + Templates.Footer, isDraft: false).ShouldBeEmpty();
}
