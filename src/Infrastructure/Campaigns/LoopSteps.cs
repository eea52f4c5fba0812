namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>What one turn of each loop of a template costs.</summary>
internal static class LoopSteps
{
    /// <summary>
    /// For each part that begins a loop, how many parts stand in it, those of loops within left out: they count
    /// themselves. For every other part, 0.
    /// </summary>
    public static int[] Of(IReadOnlyList<TemplatePart> parts)
    {
        var steps = new int[parts.Count];
        var open = new Stack<(int Place, bool IsLoop)>();
        var loops = new Stack<int>();
        for (var i = 0; i < parts.Count; i++)
        {
            if (loops.TryPeek(out var loop))
                steps[loop]++;

            if (parts[i].Kind == PartKind.Open)
            {
                var isLoop = parts[i].Keyword == "each";
                open.Push((i, isLoop));
                if (isLoop)
                    loops.Push(i);
            }
            else if (parts[i].Kind == PartKind.Close && open.TryPop(out var block) && block.IsLoop)
                loops.Pop();
        }

        return steps;
    }
}
