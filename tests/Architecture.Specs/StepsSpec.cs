using System.Reflection;
using SchemaHub.Application;

namespace SchemaHub.Architecture.Specs;

/// <summary>One command is one decision, except for these, which are too much for one commit.</summary>
public sealed class StepsSpec
{
    /// <summary>The list may only shrink.</summary>
    private static readonly string[] s_inSteps =
    [
        "DefineSystemRoles",
        "FulfilPrivacyRequest",
        "ImportContacts",
        "UndoImport",
    ];

    [Test]
    public void Only_listed_commands_append_in_steps_and_each_says_how_it_resumes()
    {
        var declared = typeof(ICommand)
            .Assembly.GetTypes()
            .Where(type => type.IsDefined(typeof(InStepsAttribute), inherit: false))
            .OrderBy(type => type.Name, StringComparer.Ordinal)
            .ToList();

        declared.Select(type => type.Name).ShouldBe(s_inSteps);
        declared.ShouldAllBe(type => type.GetCustomAttribute<InStepsAttribute>()!.Why.Length > 20);
    }
}
