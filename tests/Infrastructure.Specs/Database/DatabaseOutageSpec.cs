using System.Net.Sockets;
using System.Reflection;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Specs.Database;

/// <summary>Which failures are outages: every state that PostgreSQL has is on one side or the other.</summary>
public sealed class DatabaseOutageSpec
{
    // Class, and what holds for it. A class that is mixed lists its outages.
    private static readonly Dictionary<string, string[]?> OutagesOfClass = new(StringComparer.Ordinal)
    {
        ["00"] = [],
        ["01"] = [],
        ["02"] = [],
        ["03"] = [],
        ["08"] = null,
        ["09"] = [],
        ["0A"] = [],
        ["0B"] = [],
        ["0F"] = [],
        ["0L"] = [],
        ["0P"] = [],
        ["0Z"] = [],
        ["20"] = [],
        ["21"] = [],
        ["22"] = [],
        ["23"] = [],
        ["24"] = [],
        ["25"] = ["25006", "25P03", "25P04"],
        ["26"] = [],
        ["27"] = [],
        ["28"] = [],
        ["2B"] = [],
        ["2D"] = [],
        ["2F"] = [],
        ["34"] = [],
        ["38"] = [],
        ["39"] = [],
        ["3B"] = [],
        ["3D"] = [],
        ["3F"] = [],
        ["40"] = ["40001", "40P01"],
        ["42"] = [],
        ["44"] = [],
        ["53"] = null,
        ["54"] = [],
        ["55"] = ["55006", "55P03"],
        ["57"] = ["57014", "57P01", "57P02", "57P03", "57P04", "57P05"],
        ["58"] = null,
        ["72"] = [],
        ["F0"] = null,
        ["HV"] = [],
        ["P0"] = [],
        ["XX"] = null,
    };

    private static readonly string[] Newer = ["25P03", "25P04", "57P05"];

    private static IEnumerable<string> States =>
        typeof(PostgresErrorCodes)
            .GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(constant => (string)constant.GetRawConstantValue()!)
            .Concat(Newer)
            .Distinct();

    [TestCaseSource(nameof(States))]
    public void Every_state_is_an_outage_or_a_refusal(string state)
    {
        OutagesOfClass.ShouldContainKey(state[..2], "a class that nobody has decided on");
        var expected = OutagesOfClass[state[..2]] is not { } outages || outages.Contains(state);

        DatabaseOutage.IsState(state).ShouldBe(expected);
        DatabaseOutage.Is(new PostgresException("", "ERROR", "ERROR", state)).ShouldBe(expected);
    }

    [Test]
    public void Failures_of_the_connection_are_outages_and_mistakes_of_ours_are_not()
    {
        Exception[] outages =
        [
            new NpgsqlException("broken"),
            new NpgsqlException("broken", new IOException()),
            new SocketException(),
            new TimeoutException(),
            new LogUnavailableException("full"),
        ];
        outages.ShouldAllBe(failure => DatabaseOutage.Is(failure));
        Exception[] mistakes =
        [
            new InvalidOperationException(),
            new OperationCanceledException(),
            new IOException("No space left on device"),
            new NpgsqlMistake(),
        ];
        mistakes.ShouldAllBe(failure => !DatabaseOutage.Is(failure));
    }

    [TestCase("ERROR", true)]
    [TestCase("FATAL", false)]
    [TestCase("PANIC", false)]
    public void Only_an_error_that_leaves_the_session_standing_says_that_nothing_was_stored(
        string severity,
        bool said
    ) => DatabaseOutage.IsRolledBack(new PostgresException("", severity, severity, "53100")).ShouldBe(said);

    private sealed class NpgsqlMistake : Exception;
}
