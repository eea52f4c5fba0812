using System.Collections.Immutable;

namespace SchemaHub.Domain.Identity;

/// <summary>A person who works with SchemaHub. Exists once, whatever organizations they belong to.</summary>
/// <param name="Profile">What the person is called; nothing once removed.</param>
/// <param name="Roles">The system's roles held throughout the installation, by their id.</param>
public sealed partial record User(
    bool IsRegistered,
    bool IsActive,
    UserProfile Profile,
    ImmutableDictionary<Guid, GivenRole> Roles
) : IAggregate<User, UserEvent>
{
    /// <summary>Mails a day that all organizations of one owner may send, unless an operator says otherwise.</summary>
    public const int UsualSendingLimit = 1_000;

    /// <summary>Mails a UTC day that the person's organizations may send, all together.</summary>
    public int SendingLimit { get; init; } = UsualSendingLimit;

    /// <summary>The most open organizations that a person may own by founding.</summary>
    public const int MostOwned = 10;

    /// <summary>The open organizations that the person owns.</summary>
    public ImmutableHashSet<Guid> Owned { get; init; } = [];

    /// <inheritdoc/>
    public static string StreamType => "user";

    /// <inheritdoc/>
    public static User Initial { get; } =
        new(IsRegistered: false, IsActive: false, UserProfile.Empty, ImmutableDictionary<Guid, GivenRole>.Empty);

    /// <summary>Opens an account; asked twice, it is one account. After a removal it is opened anew.</summary>
    public IReadOnlyList<UserEvent> Register(string email, string? name) =>
        IsRegistered ? [] : [new UserRegistered(email, name)];

    /// <summary>Replaces what the person is called and how they look.</summary>
    /// <exception cref="RuleBrokenException"><c>user.not_registered</c>.</exception>
    public IReadOnlyList<UserEvent> Change(UserProfile profile)
    {
        RequireRegistered();
        return profile == Profile
            ? []
            : [new UserChanged(profile.Name, profile.FirstName, profile.LastName, profile.AvatarUrl)];
    }

    /// <summary>Closes the door without forgetting the person.</summary>
    /// <exception cref="RuleBrokenException"><c>user.not_registered</c>.</exception>
    public IReadOnlyList<UserEvent> Deactivate()
    {
        RequireRegistered();
        return IsActive ? [new UserDeactivated()] : [];
    }

    /// <summary>Opens the door again.</summary>
    /// <exception cref="RuleBrokenException"><c>user.not_registered</c>.</exception>
    public IReadOnlyList<UserEvent> Reactivate()
    {
        RequireRegistered();
        return IsActive ? [] : [new UserReactivated()];
    }

    /// <summary>
    /// Removes the account and forgets the person; the rows that others' evidence points to stay, nameless.
    /// </summary>
    /// <exception cref="RuleBrokenException"><c>account.owns_organization</c>.</exception>
    public IReadOnlyList<UserEvent> Remove()
    {
        if (!Owned.IsEmpty)
            throw new RuleBrokenException(
                "account.owns_organization",
                "The account owns an organization: make another member its owner, or close it, before removing the "
                    + "account."
            );

        return RemoveAgain();
    }

    /// <summary>
    /// A removal happens again in a database that was restored from before it. What the person owned then is in it
    /// again too, and does not keep the person from being forgotten.
    /// </summary>
    public IReadOnlyList<UserEvent> RemoveAgain() => IsRegistered ? [new UserRemoved()] : [];

    /// <summary>Notes that the person founds an organization and owns it.</summary>
    /// <exception cref="RuleBrokenException"><c>organization.too_many</c>.</exception>
    public IReadOnlyList<UserEvent> Found(Guid organization)
    {
        if (Owned.Count >= MostOwned && !Owned.Contains(organization))
            throw new RuleBrokenException(
                "organization.too_many",
                $"You own {MostOwned} organizations already: close one, or ask the operator."
            );

        return TakeOwnership(organization);
    }

    /// <summary>Notes that the person owns an organization from now on.</summary>
    public IReadOnlyList<UserEvent> TakeOwnership(Guid organization) =>
        Owned.Contains(organization) ? [] : [new OwnershipTaken(organization)];

    /// <summary>Notes that the person does not own an organization any more, or that it was closed.</summary>
    public IReadOnlyList<UserEvent> GiveUpOwnership(Guid organization) =>
        Owned.Contains(organization) ? [new OwnershipGivenUp(organization)] : [];

    /// <summary>Gives one of the system's roles throughout the installation.</summary>
    /// <exception cref="RuleBrokenException"><c>user.not_registered</c>.</exception>
    public IReadOnlyList<UserEvent> Assign(GivenRole role)
    {
        RequireRegistered();
        return Roles.ContainsKey(role.Id) ? [] : [new UserRoleAssigned(role)];
    }

    /// <summary>Takes such a role back.</summary>
    public IReadOnlyList<UserEvent> Unassign(Guid role) =>
        Roles.TryGetValue(role, out var held) ? [new UserRoleUnassigned(held)] : [];

    /// <summary>Sets how many mails a day the person's organizations may send.</summary>
    /// <exception cref="RuleBrokenException"><c>user.not_registered</c>.</exception>
    public IReadOnlyList<UserEvent> LimitSending(int mailsPerDay)
    {
        RequireRegistered();
        return mailsPerDay == SendingLimit ? [] : [new UserSendingLimited(mailsPerDay, SendingLimit)];
    }

    /// <inheritdoc/>
    public User Apply(UserEvent happened) =>
        happened switch
        {
            UserRegistered registered => new User(
                IsRegistered: true,
                IsActive: true,
                UserProfile.Empty with
                {
                    Name = registered.Name,
                },
                ImmutableDictionary<Guid, GivenRole>.Empty
            )
            {
                Email = registered.Email,
            },
            UserRoleAssigned assigned => this with { Roles = Roles.SetItem(assigned.Role.Id, assigned.Role) },
            UserRoleUnassigned unassigned => this with { Roles = Roles.Remove(unassigned.Role.Id) },
            UserChanged changed => this with
            {
                Profile = new UserProfile(changed.Name, changed.FirstName, changed.LastName, changed.AvatarUrl),
            },
            UserDeactivated => this with
            {
                IsActive = false,
                Credentials = Credentials with { Generation = Credentials.Generation + 1 },
            },
            UserReactivated => this with { IsActive = true },
            UserSendingLimited limited => this with { SendingLimit = limited.MailsPerDay },
            OwnershipTaken taken => this with { Owned = Owned.Add(taken.OrganizationId) },
            OwnershipGivenUp given => this with { Owned = Owned.Remove(given.OrganizationId) },
            UserRemoved => Initial,
            _ => ApplyCredentials(happened),
        };

    private void RequireRegistered()
    {
        if (!IsRegistered)
            throw new RuleBrokenException("user.not_registered", "There is no such account.");
    }
}

/// <summary>What a person is called and how they look. All of it is theirs to leave out.</summary>
public sealed record UserProfile(string? Name, string? FirstName, string? LastName, string? AvatarUrl)
{
    /// <summary>Nothing known.</summary>
    public static UserProfile Empty { get; } = new(null, null, null, null);
}

/// <summary>A fact about a person who works with SchemaHub.</summary>
public abstract record UserEvent : IAudited;

/// <summary>A person got an account. Nothing opens it before the address is verified.</summary>
[StoredAs("user_registered")]
public sealed record UserRegistered([property: Personal] string? Email, [property: Personal] string? Name) : UserEvent;

/// <summary>What the person is called was replaced as a whole.</summary>
[StoredAs("user_changed")]
public sealed record UserChanged(
    [property: Personal] string? Name,
    [property: Personal] string? FirstName,
    [property: Personal] string? LastName,
    [property: Personal] string? AvatarUrl
) : UserEvent;

/// <summary>An operator set how many mails a UTC day the person's organizations may send, all together.</summary>
[StoredAs("user_sending_limited")]
public sealed record UserSendingLimited(int MailsPerDay, int MailsPerDayBefore) : UserEvent;

/// <summary>The account opens nothing any more.</summary>
[StoredAs("user_deactivated")]
public sealed record UserDeactivated() : UserEvent;

/// <summary>The account opens again.</summary>
[StoredAs("user_reactivated")]
public sealed record UserReactivated() : UserEvent;

/// <summary>The person holds one of the system's roles throughout the installation.</summary>
[StoredAs("user_role_assigned")]
public sealed record UserRoleAssigned(GivenRole Role) : UserEvent;

/// <summary>The person does not hold it any more.</summary>
[StoredAs("user_role_unassigned")]
public sealed record UserRoleUnassigned(GivenRole Role) : UserEvent;

/// <summary>The person owns an organization from now on.</summary>
[StoredAs("ownership_taken")]
public sealed record OwnershipTaken(Guid OrganizationId) : UserEvent;

/// <summary>The person does not own the organization any more, or it was closed.</summary>
[StoredAs("ownership_given_up")]
public sealed record OwnershipGivenUp(Guid OrganizationId) : UserEvent;

/// <summary>The account is gone, and what was personal of it is unreadable.</summary>
[StoredAs("user_removed")]
public sealed record UserRemoved() : UserEvent, IErasure;
