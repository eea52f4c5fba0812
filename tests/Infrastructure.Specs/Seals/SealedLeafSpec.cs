using SchemaHub.Infrastructure.Seals;

namespace SchemaHub.Infrastructure.Specs.Seals;

public class SealedLeafSpec
{
    private static readonly Guid Stream = new("0197c0de-1111-7222-8333-444455556666");

    [Test]
    public void The_encoding_of_a_leaf_is_for_ever()
    {
        var leaf = SealedLeaf.OfEvent(
            "*DEFAULT*",
            Stream,
            3,
            "contact_subscribed",
            1772366400123456,
            "{\"a\": \"ä\"}"u8
        );

        Convert.ToHexStringLower(leaf).ShouldBe("daec6b4d115273eb3f7e4b479657ee63bda9c6a6fbae50428899291586b291f6");
        Convert
            .ToHexStringLower(SealedLeaf.OfHead("*DEFAULT*", Stream, 3, leaf))
            .ShouldBe("186f9217c6820fca0c2c3a9a3461c41d16bb68ed2d26e7adfd7ee2261b729a17");
    }

    [Test]
    public void Text_that_moves_from_one_field_to_the_next_is_another_leaf()
    {
        var leaf = SealedLeaf.OfEvent("a", Stream, 1, "bc", 0, "{}"u8);

        SealedLeaf.OfEvent("a", Stream, 1, "b", 0, "c{}"u8).ShouldNotBe(leaf);
        SealedLeaf.OfEvent("a", Stream, 0, "bc", 1, "{}"u8).ShouldNotBe(leaf);
    }
}
