using SchemaHub.Domain.Campaigns;

namespace SchemaHub.Domain.Specs.Campaigns;

/// <summary>When complaints are too many.</summary>
public sealed class ComplaintRateSpec
{
    [TestCase(0, 1_000, ComplaintVerdict.Fine)]
    [TestCase(999, 999, ComplaintVerdict.Fine)]
    [TestCase(1, 1_000, ComplaintVerdict.Warns)]
    [TestCase(1, 1_001, ComplaintVerdict.Fine)]
    [TestCase(2, 1_000, ComplaintVerdict.Warns)]
    [TestCase(3, 1_000, ComplaintVerdict.Pauses)]
    [TestCase(3, 1_001, ComplaintVerdict.Warns)]
    [TestCase(999, 1_000_000, ComplaintVerdict.Fine)]
    [TestCase(1_000, 1_000_000, ComplaintVerdict.Warns)]
    [TestCase(2_999, 1_000_000, ComplaintVerdict.Warns)]
    [TestCase(3_000, 1_000_000, ComplaintVerdict.Pauses)]
    public void The_lines_are_a_tenth_and_three_tenths_of_a_percent(
        long complained,
        long arrived,
        ComplaintVerdict verdict
    ) => new ComplaintRate(complained, arrived).Verdict.ShouldBe(verdict);

    [Test]
    public void It_is_of_the_delivered_where_a_provider_tells_them_and_else_of_the_sent()
    {
        ComplaintRate.Of(complained: 3, delivered: 900, sent: 5_000).ShouldBe(new ComplaintRate(3, 900));
        ComplaintRate.Of(complained: 3, delivered: 0, sent: 5_000).ShouldBe(new ComplaintRate(3, 5_000));
        new ComplaintRate(3, 2_000).Percent.ShouldBe(0.15, tolerance: 1e-9);
        new ComplaintRate(3, 0).Percent.ShouldBe(0);
    }
}
