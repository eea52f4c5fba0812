using System.Text.Json;
using System.Text.RegularExpressions;
using FluentValidation;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Domain;

namespace SchemaHub.Infrastructure.Jobs;

/// <summary>How a run of a job ended.</summary>
/// <param name="Message">What it did, in words; or why it failed.</param>
/// <param name="Failure">Null where it succeeded.</param>
internal sealed record RunOutcome(
    ClaimedJob Job,
    string Message,
    RunFailure? Failure,
    DateTimeOffset StartedAt,
    TimeSpan Duration
)
{
    /// <summary>The node stops: the job was not done, and that is not its fault.</summary>
    public bool IsGivenBack { get; init; }

    /// <summary>Somebody cancelled it while it ran.</summary>
    public bool IsCancelled { get; init; }
}

/// <summary>Why a run failed.</summary>
/// <param name="IsFinal">Another try would end the same way.</param>
internal sealed partial record RunFailure(Exception Cause, string Why, string Stack, bool IsFinal)
{
    private const int MostCharacters = 16_000;

    /// <summary>What sort of failure it is, for counting.</summary>
    public string Kind => Cause.GetType().Name;

    /// <summary>What an exception says, without addresses, and without what a database quotes of a row.</summary>
    public static RunFailure Of(Exception failure) =>
        new(
            failure,
            Cut(Describe(failure)),
            Cut(Stacks(failure)),
            // A refusal is an answer: whoever asked must ask for something else.
            failure is ValidationException or RuleBrokenException or NotFoundException or JsonException
        );

    private static string Describe(Exception failure) =>
        failure switch
        {
            PostgresException refused => $"SQLSTATE {refused.SqlState} {refused.ConstraintName}".TrimEnd(),
            ValidationException invalid => string.Join(
                ' ',
                invalid.Errors.Select(error => $"{error.PropertyName}: {Masked(error.ErrorMessage)}")
            ),
            RuleBrokenException broken => $"{broken.Code}: {Masked(broken.Message)}",
            // Quotes the value that it could not read.
            JsonException json => $"The stored command cannot be read at {json.Path ?? "its beginning"}.",
            _ => $"{failure.GetType().Name}: {Masked(failure.Message)}",
        };

    private static string Stacks(Exception failure)
    {
        var inner = failure.InnerException is { } cause ? $"\n--- caused by {Stacks(cause)}" : "";
        return $"{failure.GetType().FullName}: {Describe(failure)}\n{failure.StackTrace}{inner}";
    }

    private static string Masked(string text) => Address().Replace(text, "…@…");

    private static string Cut(string text) =>
        (text.Length <= MostCharacters ? text : text[..MostCharacters]).Replace('\0', ' ');

    [GeneratedRegex(@"[^\s<>""'(),;:]+@[^\s<>""'(),;:]+", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Address();
}
