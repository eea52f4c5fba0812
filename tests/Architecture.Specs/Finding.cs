namespace SchemaHub.Architecture.Specs;

/// <summary>One place that breaks a rule of style, and how to mend it.</summary>
internal sealed record Finding(string File, int Line, string Fix)
{
    public override string ToString() => $"{File}:{Line}: {Fix}";
}
