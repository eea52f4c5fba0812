namespace SchemaHub.Domain.Contacts;

/// <summary>stand-in</summary>
public readonly record struct EmailAddress(string Value)
{
    /// <summary>c</summary>
    public string Canonical => Value.ToLowerInvariant();

    /// <summary>c</summary>
    public static EmailAddress Parse(string v) => new(v);

    /// <summary>c</summary>
    public static bool TryParse(string? v, out EmailAddress address, out string? problem)
    {
        address = new(v ?? "");
        problem = null;
        return v != null;
    }
}
