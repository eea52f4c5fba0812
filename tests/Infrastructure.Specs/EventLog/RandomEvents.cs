using System.Globalization;
using System.Reflection;
using System.Text.Json;
using SchemaHub.Domain;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Infrastructure.Specs.EventLog;

/// <summary>Events of any type with random values; everything personal bears a mark that can be searched for.</summary>
internal sealed class RandomEvents(int seed)
{
    /// <summary>Part of every text of a personal property.</summary>
    public const string Mark = "~SECRET~";

    private const string Characters = "abcXYZ019 \t\n\"'\\/<>&{}[]:,=+;%äßñЖ中😀\u2028\u00a0";

    private readonly Random _random = new(seed);
    private bool _isPersonal;

    public object Next(Type type) => Construct(type);

    private object Construct(Type type)
    {
        var constructor = type.GetConstructors().MaxBy(one => one.GetParameters().Length)!;
        return constructor.Invoke([.. constructor.GetParameters().Select(parameter => Argument(type, parameter))]);
    }

    private object? Argument(Type owner, ParameterInfo parameter)
    {
        var property = owner.GetProperty(parameter.Name!)!;
        var outer = _isPersonal;
        _isPersonal |= property.IsDefined(typeof(PersonalAttribute), inherit: false);
        var isNullable = new NullabilityInfoContext().Create(property).WriteState == NullabilityState.Nullable;
        var value = isNullable && _random.Next(4) == 0 ? null : Value(parameter.ParameterType);
        _isPersonal = outer;
        return value;
    }

    private object Value(Type type) =>
        (Nullable.GetUnderlyingType(type) ?? type) switch
        {
            var t when t == typeof(string) => Text(),
            var t when t == typeof(Guid) => new Guid(Bytes(16)),
            var t when t == typeof(bool) => _random.Next(2) == 0,
            var t when t == typeof(int) => _random.Next(),
            var t when t == typeof(long) => _random.NextInt64(long.MinValue, long.MaxValue),
            var t when t == typeof(DateTimeOffset) => new DateTimeOffset(
                _random.NextInt64(DateTimeOffset.MaxValue.Ticks),
                TimeSpan.Zero
            ),
            var t when t == typeof(DateOnly) => DateOnly.FromDayNumber(_random.Next(DateOnly.MaxValue.DayNumber)),
            { IsEnum: true } t => Enum.GetValues(t).GetValue(_random.Next(Enum.GetValues(t).Length))!,
            var t when t == typeof(IReadOnlyList<string>) => Enumerable
                .Range(0, _random.Next(4))
                .Select(_ => Text())
                .ToList(),
            var t when t == typeof(JsonElement) => JsonSerializer.SerializeToElement(
                new Dictionary<string, object> { [Text()] = Text(), ["number"] = _random.NextDouble() }
            ),
            var t when t == typeof(IReadOnlyDictionary<string, string>) => Enumerable
                .Range(0, _random.Next(4))
                .ToDictionary(i => i.ToString(CultureInfo.InvariantCulture) + Text(), _ => Text()),
            var t when t == typeof(IReadOnlyList<Consent>) => Enumerable
                .Range(0, _random.Next(4))
                .Select(_ => (Consent)Construct(typeof(Consent)))
                .ToList(),
            var t when t.IsClass && t.Namespace!.StartsWith("SchemaHub", StringComparison.Ordinal) => Construct(t),
            var t => throw new NotSupportedException($"Say here what a random {t} is."),
        };

    private string Text()
    {
        // Whole characters: half of an emoji is not text.
        var elements = StringInfo.GetTextElementEnumerator(Characters);
        var all = new List<string>();
        while (elements.MoveNext())
            all.Add(elements.GetTextElement());

        var text = string.Concat(Enumerable.Range(0, _random.Next(20)).Select(_ => all[_random.Next(all.Count)]));
        return _isPersonal ? Mark + text : text;
    }

    private byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }
}
