namespace SchemaHub.Domain;

/// <summary>The name under which an event lies in the log for ever, whatever its class is called.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class StoredAsAttribute(string name) : Attribute
{
    /// <summary>In snake case; a changed shape gets a new name ending in <c>_v2</c>.</summary>
    public string Name { get; } = name;
}

/// <summary>
/// Marks what belongs to a person. The log encrypts it with the subject's own key; once that key is destroyed the
/// property reads as null, so it must be nullable.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PersonalAttribute : Attribute;
