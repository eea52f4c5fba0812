using System.Text.Json;
using SchemaHub.Domain.Compliance;

namespace SchemaHub.Application.Compliance;

/// <summary>What requests consist of, in the words of HTTP and of the tables.</summary>
public static class PrivacyWords
{
    /// <summary>Every right that can be used.</summary>
    public static IReadOnlyList<string> Rights { get; } = [.. Enum.GetValues<PrivacyRight>().Select(Of)];

    /// <summary>Every ground on which a request can be rejected.</summary>
    public static IReadOnlyList<string> Grounds { get; } = [.. Enum.GetValues<RejectionGround>().Select(Of)];

    /// <summary>Every state of a request.</summary>
    public static IReadOnlyList<string> Statuses { get; } = [.. Enum.GetValues<PrivacyStatus>().Select(Of)];

    /// <summary>The word of a value, in snake case.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    /// <summary>The right of a word.</summary>
    public static PrivacyRight RightOf(string word) => Enum.GetValues<PrivacyRight>().Single(one => Of(one) == word);

    /// <summary>The ground of a word.</summary>
    public static RejectionGround GroundOf(string word) =>
        Enum.GetValues<RejectionGround>().Single(one => Of(one) == word);
}
