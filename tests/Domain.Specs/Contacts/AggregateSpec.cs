using System.Reflection;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Domain.Specs.Contacts;

/// <summary>Every aggregate there is, whatever it is about.</summary>
public sealed class AggregateSpec
{
    private static IEnumerable<TestCaseData> Events() =>
        from aggregate in typeof(Contact).Assembly.GetTypes()
        from face in aggregate.GetInterfaces()
        where face.IsGenericType && face.GetGenericTypeDefinition() == typeof(IAggregate<,>)
        let baseType = face.GetGenericArguments()[1]
        from happened in baseType.Assembly.GetTypes()
        where happened.IsSubclassOf(baseType) && !happened.IsAbstract
        select new TestCaseData(aggregate, happened).SetArgDisplayNames(aggregate.Name, happened.Name);

    [TestCaseSource(nameof(Events))]
    public void An_aggregate_can_apply_every_event_of_its_stream(Type aggregate, Type happened)
    {
        var initial = aggregate.GetProperty("Initial", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;
        var apply = aggregate.GetMethod("Apply")!;

        Should.NotThrow(() => apply.Invoke(initial, BindingFlags.DoNotWrapExceptions, null, [Any(happened)], null));
    }

    private static object? Any(Type type)
    {
        if (type == typeof(string))
            return "any";

        if (type.IsValueType)
            return Activator.CreateInstance(type);

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
            return Array.CreateInstance(type.GetGenericArguments()[0], 0);

        if (type.IsInterface)
            return null;

        var constructor = type.GetConstructors().MaxBy(one => one.GetParameters().Length)!;
        return constructor.Invoke([.. constructor.GetParameters().Select(parameter => Any(parameter.ParameterType))]);
    }
}
