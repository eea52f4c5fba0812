using System.Text.Json;
using System.Text.RegularExpressions;
using FluentValidation;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Records;

/// <summary>
/// The form of a policy: <c>effect</c> (allow, deny); <c>actions</c>, permissions as <c>resource:action</c>,
/// <c>resource:*</c> or <c>*</c>; <c>resources</c>, tables as <c>schema.table</c>, one row of one as
/// <c>schema.table/id</c>, or <c>*</c>; and, if wanted, <c>conditions</c>: names of attributes, each with the value,
/// or the list of values, that it has to have. Nothing else.
/// </summary>
internal static partial class PolicyRules
{
    private const int MostEntries = 100;
    private const int LongestMatch = 1_000;

    private static readonly HashSet<string> Actions =
    [
        "*",
        .. SystemRoles.PermissionNames,
        .. SystemRoles.Permissions.Select(permission => $"{permission.Resource}:*"),
    ];

    public static IRuleBuilderOptionsConditions<T, JsonElement?> Policy<T>(this IRuleBuilder<T, JsonElement?> rule) =>
        rule.Custom(
            (json, context) =>
            {
                if (json is { ValueKind: JsonValueKind.Object } policy && Broken(policy) is { } broken)
                    context.AddFailure(broken);
            }
        );

    private static string? Broken(JsonElement policy)
    {
        string[] known = ["effect", "actions", "resources", "conditions"];
        var names = policy.EnumerateObject().Select(property => property.Name).ToList();
        if (names.Find(name => !known.Contains(name)) is { } unknown)
            return $"A policy has no {unknown}: it has effect, actions, resources and conditions.";

        if (!policy.TryGetProperty("effect", out var effect) || TextOf(effect) is not ("allow" or "deny"))
            return "effect is allow or deny.";

        if (!IsList(policy, "actions", Actions.Contains))
            return "actions are 1 to 100 permissions, such as contacts:read, contacts:* or *.";

        if (!IsList(policy, "resources", text => ResourcePattern().IsMatch(text)))
            return "resources are 1 to 100 tables or rows, such as podcast.episodes, podcast.episodes/1 or *.";

        return policy.TryGetProperty("conditions", out var conditions) && !AreConditions(conditions)
            ? "conditions are an object of at most 100 attributes, each with a value or a list of values."
            : null;
    }

    private static bool IsList(JsonElement policy, string name, Func<string, bool> isRight) =>
        policy.TryGetProperty(name, out var list)
        && list.ValueKind == JsonValueKind.Array
        && list.GetArrayLength() is > 0 and <= MostEntries
        && list.EnumerateArray().All(entry => TextOf(entry) is { } text && isRight(text));

    private static bool AreConditions(JsonElement conditions) =>
        conditions.ValueKind == JsonValueKind.Object
        && conditions.EnumerateObject().Count() <= MostEntries
        && conditions
            .EnumerateObject()
            .All(condition =>
                condition.Name.Length is > 0 and <= MostEntries
                && (
                    IsValue(condition.Value)
                    || (
                        condition.Value.ValueKind == JsonValueKind.Array
                        && condition.Value.GetArrayLength() is > 0 and <= MostEntries
                        && condition.Value.EnumerateArray().All(IsValue)
                    )
                )
            );

    private static bool IsValue(JsonElement value) =>
        value.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False;

    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair is no text.
            return null;
        }
    }

    [GeneratedRegex(
        "^(\\*|[a-z]{1,20}\\.[a-z_]{1,60}(/[A-Za-z0-9-]{1,60})?)\\z",
        RegexOptions.ExplicitCapture,
        LongestMatch
    )]
    private static partial Regex ResourcePattern();
}
