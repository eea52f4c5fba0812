using System.Reflection;
using System.Text.RegularExpressions;

namespace SchemaHub.Architecture.Specs;

/// <summary>What the log keeps for ever must be nameable and readable for ever.</summary>
public sealed partial class EventSpec
{
    private const string Samples = "tests/Architecture.Specs/EventSamples";

    private static readonly Type[] s_domain = Assembly.Load("SchemaHub.Domain").GetTypes();

    /// <summary>Every type that an aggregate may append, and every type that has a stored name.</summary>
    private static readonly Type[] s_events =
    [
        .. s_domain.Where(type =>
            !type.IsAbstract && (EventBases().Any(type.IsSubclassOf) || StoredName(type) is not null)
        ),
    ];

    [Test]
    public void Every_event_has_a_stored_name_in_snake_case()
    {
        var wrong = s_events.Where(type => !SnakeCase().IsMatch(StoredName(type) ?? ""));

        wrong.ShouldBeEmpty("Give the event [StoredAs(\"its_name\")], in snake case.");
    }

    [Test]
    public void Stored_names_are_unique()
    {
        var doubled = s_events.GroupBy(StoredName).Where(events => events.Count() > 1).Select(events => events.Key);

        doubled.ShouldBeEmpty("Two events share this stored name: rename the newer one.");
    }

    [Test]
    public void Events_are_sealed_records_of_an_aggregate()
    {
        var wrong = s_events.Where(type => !type.IsSealed || !EventBases().Any(type.IsSubclassOf));

        wrong.ShouldBeEmpty("Seal the event and derive it from its aggregate's abstract record.");
    }

    [Test]
    public void Every_event_has_a_sample_of_its_stored_form()
    {
        var missing = s_events.Select(type => $"{Samples}/{StoredName(type)}.json").Except(Repository.Files);

        missing.ShouldBeEmpty("Add the file: the event's JSON, as the log holds it.");
    }

    [Test]
    public void No_sample_has_lost_its_event()
    {
        var lost = Repository
            .Files.Where(file => file.StartsWith($"{Samples}/", StringComparison.Ordinal))
            .Except(s_events.Select(type => $"{Samples}/{StoredName(type)}.json"));

        lost.ShouldBeEmpty("Logs hold this stored name for ever: give it back to its event.");
    }

    /// <summary>The second type of each IAggregate, and whatever is named as such a base.</summary>
    private static IEnumerable<Type> EventBases() =>
        s_domain
            .SelectMany(type => type.GetInterfaces())
            .Where(face => face.IsGenericType && face.Name.StartsWith("IAggregate`", StringComparison.Ordinal))
            .Select(face => face.GetGenericArguments()[1])
            .Concat(s_domain.Where(type => type.IsAbstract && type.Name.EndsWith("Event", StringComparison.Ordinal)));

    private static string? StoredName(Type type) =>
        type.GetCustomAttributesData()
            .FirstOrDefault(attribute => attribute.AttributeType.FullName == "SchemaHub.Domain.StoredAsAttribute")
            ?.ConstructorArguments[0]
            .Value as string;

    [GeneratedRegex("^[a-z][a-z0-9]*(_[a-z0-9]+)*$", RegexOptions.ExplicitCapture)]
    private static partial Regex SnakeCase();
}
