using AngleSharp.Dom;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// Counts what parsing HTML costs while it is parsed. A parser looks through the open elements at every tag, so each
/// element costs as many steps as it is deep. After a block ended, the parser opens formatting elements (b, font) again
/// that were not closed; it makes these without telling, so they are counted where they then stand.
/// </summary>
internal sealed class ParserBudget(CancellationToken cancellation)
{
    private const string Field = nameof(RenderedMail.Html);
    private const int StepsOfReopened = 10;

    private INode? _previous;

    /// <summary>How many elements there are.</summary>
    public int Elements { get; private set; }

    /// <summary>What they cost.</summary>
    public long Steps { get; private set; }

    /// <summary>An element begins.</summary>
    /// <exception cref="TemplateTooCostlyException">There are too many, or they are too deep.</exception>
    public void Spend(INode element)
    {
        if (++Elements > TemplateBudgets.Elements)
            throw TemplateTooCostlyException.Elements(Field);

        if (Elements % 256 == 0)
            cancellation.ThrowIfCancellationRequested();

        Count();
        _previous = element;
    }

    /// <summary>The document ends.</summary>
    public void End() => Count();

    // An element has its place only once the next one begins.
    private void Count()
    {
        if (_previous is null)
            return;

        var above = 0;
        for (var node = _previous; node is not null; node = node.Parent)
            above++;

        var reopened = 0;
        for (
            var node = _previous.LastChild;
            node is IElement && reopened <= TemplateBudgets.Depth;
            node = node.LastChild
        )
            reopened++;

        if (above + reopened > TemplateBudgets.Depth)
            throw TemplateTooCostlyException.Depth(Field);

        Steps += above + (StepsOfReopened * reopened);
        if (Steps > TemplateBudgets.ParserSteps)
            throw TemplateTooCostlyException.ParserSteps(Field);
    }
}
