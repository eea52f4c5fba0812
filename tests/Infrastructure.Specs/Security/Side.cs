namespace SchemaHub.Infrastructure.Specs.Security;

/// <summary>Whose row one is: what is written into its columns.</summary>
/// <param name="Organization">The tenant; null for a row of none.</param>
/// <param name="Word">In every text of the row.</param>
/// <param name="Number">In every number of the row.</param>
/// <param name="Member">The tenant's one member.</param>
/// <param name="MemberNumber">The same, where ids are integers.</param>
/// <param name="Membership">The same in podcast, whose ids are of tenant and member together.</param>
/// <param name="RefersTo">Whose rows its references point to; its own where null.</param>
internal sealed record Side(
    Guid? Organization,
    string Word,
    int Number,
    Guid Member,
    int MemberNumber,
    Guid Membership,
    Side? RefersTo = null
)
{
    public Side Referred => RefersTo ?? this;
}
