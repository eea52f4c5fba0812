namespace SchemaHub.Testing;

/// <summary>How large the specs are whose promise holds at any size: small in CI, large in the nightly run.</summary>
public static class Scale
{
    private const string Setting = "SCHEMAHUB_NIGHTLY";

    /// <summary>Whether this is the nightly run.</summary>
    public static bool IsNightly { get; } = Environment.GetEnvironmentVariable(Setting) == "1";

    /// <summary>The first few cases in CI, and all of them in the nightly run.</summary>
    public static T[] Of<T>(int ci, params T[] all) => IsNightly ? all : all[..ci];

    /// <summary>One of two sizes.</summary>
    public static int Of(int ci, int nightly) => IsNightly ? nightly : ci;
}
