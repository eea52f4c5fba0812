using System.Globalization;

namespace SchemaHub.Infrastructure.Compliance;

/// <summary>What stands where the address of an erased person stood: unique, and never deliverable.</summary>
internal static class ErasedAddress
{
    /// <param name="number">The published integer id.</param>
    public static string Of(long number) =>
        string.Create(CultureInfo.InvariantCulture, $"erased+{number}@erased.invalid");
}
