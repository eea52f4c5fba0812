namespace SchemaHub.Domain.Identity;

/// <summary>A person as other facts name them.</summary>
/// <param name="Number">The published integer id.</param>
public sealed record Person(Guid Id, long Number);

/// <summary>A role as other facts name it.</summary>
/// <param name="Number">The published integer id.</param>
/// <param name="Slug">Such as <c>admin</c>; an organization's own role has the organization's slug in front.</param>
public sealed record GivenRole(Guid Id, long Number, string Slug);

/// <summary>Somebody who belongs to an organization.</summary>
/// <param name="IsSuspended">The membership gives no access to the organization.</param>
public sealed record Member(Person Person, GivenRole Role, bool IsSuspended = false);
