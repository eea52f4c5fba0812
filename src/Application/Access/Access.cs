using System.Collections.Frozen;

namespace SchemaHub.Application.Access;

/// <summary>What the caller of a request may do, in the organization that it is made for.</summary>
public sealed class Access
{
    private readonly FrozenSet<string> _permissions;

    private Access(FrozenSet<string> permissions, bool isOperator) =>
        (_permissions, IsOperator) = (permissions, isOperator);

    /// <summary>Nothing but what strangers may do.</summary>
    public static Access Nothing { get; } = new(FrozenSet<string>.Empty, isOperator: false);

    /// <summary>Everything: whoever runs the installation, and the service's own work.</summary>
    public static Access Operator { get; } = new(FrozenSet<string>.Empty, isOperator: true);

    /// <summary>Whether it is whoever runs the installation, or the service itself.</summary>
    public bool IsOperator { get; }

    /// <summary>What is permitted by name; empty for the operator, who needs no permission.</summary>
    public IReadOnlySet<string> Permissions => _permissions;

    /// <summary>These permissions, as <c>resource:action</c>.</summary>
    public static Access Of(IEnumerable<string> permissions) =>
        new(permissions.ToFrozenSet(StringComparer.Ordinal), isOperator: false);

    /// <summary>Whether something is permitted.</summary>
    public bool May(string permission) => IsOperator || _permissions.Contains(permission);
}
