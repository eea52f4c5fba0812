using System.Collections.Frozen;
using SchemaHub.Domain;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// The aggregates by the type that is stored of their streams, which is also the name that Marten gives their class.
/// </summary>
internal static class StreamTypes
{
    private static readonly FrozenDictionary<string, Type> ByName = typeof(IAggregate<,>)
        .Assembly.GetTypes()
        .Where(type =>
            type.GetInterfaces()
                .Any(one => one.IsGenericType && one.GetGenericTypeDefinition() == typeof(IAggregate<,>))
        )
        .ToFrozenDictionary(
            type => (string)type.GetProperty(nameof(IAggregate<,>.StreamType))!.GetValue(null)!,
            StringComparer.Ordinal
        );

    /// <summary>Every aggregate by its stream type.</summary>
    public static IReadOnlyDictionary<string, Type> All => ByName;

    /// <summary>The aggregate of a stream type.</summary>
    public static Type Of(string streamType) => ByName[streamType];
}
