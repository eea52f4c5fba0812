namespace SchemaHub.Application.Access;

/// <summary>Says who may send a request. Every request has one of these; a request without is refused.</summary>
public abstract class RequirementAttribute : Attribute;

/// <summary>Whoever holds a permission in the organization that the request is made for.</summary>
/// <param name="permission">As <c>resource:action</c>, one of the system's.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class RequiresAttribute(string permission) : RequirementAttribute
{
    /// <summary>As <c>resource:action</c>.</summary>
    public string Permission { get; } = permission;
}

/// <summary>A permission that follows from what the request is about: it says so itself.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class RequiresByContentAttribute : RequirementAttribute;

/// <summary>A person who is signed in, about their own account.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class RequiresSignInAttribute : RequirementAttribute;

/// <summary>Anybody: what strangers do, with a token from a mail or without.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class RequiresNothingAttribute : RequirementAttribute;

/// <summary>Whoever runs the installation, and the service's own work: jobs, the command line.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class RequiresOperatorAttribute : RequirementAttribute;

/// <summary>A request whose permission follows from its content.</summary>
public interface IRequiresByContent
{
    /// <summary>As <c>resource:action</c>; null where only the operator may.</summary>
    string? RequiredPermission { get; }
}

/// <summary>The caller may not do this.</summary>
/// <param name="permission">What would be needed, in words a caller knows.</param>
public sealed class AccessDeniedException(string message, string? permission) : Exception(message)
{
    /// <summary>The permission that is missing; null where none would help.</summary>
    public string? Permission { get; } = permission;
}
