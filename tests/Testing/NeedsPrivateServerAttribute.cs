using NUnit.Framework;
using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;

namespace SchemaHub.Testing;

/// <summary>
/// A spec that starts, stops or kills a private server, or looks at its files: skipped where the specs run on a server
/// in a container. Its category is NeedsPrivateServer.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class NeedsPrivateServerAttribute : NUnitAttribute, IApplyToTest
{
    public void ApplyToTest(Test test)
    {
        test.Properties.Add(PropertyNames.Category, "NeedsPrivateServer");
        if (!TestServer.IsContainer || test.RunState is RunState.NotRunnable)
            return;

        test.RunState = RunState.Skipped;
        test.Properties.Set(PropertyNames.SkipReason, "Needs a private server; the shared one runs in a container.");
    }
}
