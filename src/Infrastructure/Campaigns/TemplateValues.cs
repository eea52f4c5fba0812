using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using HandlebarsDotNet.Iterators;
using HandlebarsDotNet.MemberAccessors;
using HandlebarsDotNet.ObjectDescriptors;
using HandlebarsDotNet.PathStructure;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// What the engine may see within a value: names within an object, places within a list, and nothing within a single
/// value. Left to itself it would offer the properties of .NET's types, such as the length of a text, beside the data.
/// </summary>
internal sealed class TemplateValues : IObjectDescriptorProvider
{
    private static readonly Nothing s_nothing = new();

    private static readonly ObjectDescriptor s_list = new(
        typeof(List<object?>),
        new Places(),
        (_, _) => Array.Empty<object>(),
        _ => new ListIterator<List<object?>, object?>()
    );

    /// <inheritdoc/>
    public bool TryGetDescriptor(Type type, [NotNullWhen(true)] out ObjectDescriptor? value)
    {
        value =
            type == typeof(List<object?>) ? s_list
            // Of an object the engine knows the names already.
            : typeof(IDictionary).IsAssignableFrom(type) ? null
            : new ObjectDescriptor(type, s_nothing, (_, _) => Array.Empty<object>(), _ => s_nothing);
        return value is not null;
    }

    private sealed class Places : IMemberAccessor
    {
        public bool TryGetValue(object instance, ChainSegment memberName, out object? value)
        {
            var list = (List<object?>)instance;
            var isPlace =
                int.TryParse(memberName.TrimmedValue, NumberStyles.None, CultureInfo.InvariantCulture, out var place)
                && place < list.Count;
            value = isPlace ? list[place] : null;
            return isPlace;
        }
    }

    private sealed class Nothing : IMemberAccessor, IIterator
    {
        public bool TryGetValue(object instance, ChainSegment memberName, out object? value)
        {
            value = null;
            return false;
        }

        public void Iterate(
            in HandlebarsDotNet.EncodedTextWriter writer,
            HandlebarsDotNet.BindingContext context,
            ChainSegment[] blockParamsVariables,
            object input,
            HandlebarsDotNet.Compiler.TemplateDelegate template,
            HandlebarsDotNet.Compiler.TemplateDelegate ifEmpty
        ) => ifEmpty(writer, context);
    }
}
