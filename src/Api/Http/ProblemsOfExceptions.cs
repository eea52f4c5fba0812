using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using FluentValidation;
using Microsoft.AspNetCore.Diagnostics;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Access;
using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Identity;
using SchemaHub.Domain;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Api.Http;

/// <summary>The request cannot be read: one of its parts has the wrong form.</summary>
/// <param name="field">As the client named it.</param>
internal sealed class MalformedRequestException(string field, string rule) : Exception(rule)
{
    public string Field { get; } = field;
}

/// <summary>A change was asked for without the version it was decided on.</summary>
internal sealed class VersionRequiredException()
    : Exception("Name the version you change in If-Match, as its ETag said, so that nobody's change is overwritten.");

/// <summary>
/// Turns every refusal and failure into a problem. What the client sent never reaches a log, and what failed inside
/// never reaches the client.
/// </summary>
internal sealed partial class ProblemsOfExceptions(ILogger<ProblemsOfExceptions> logger) : IExceptionHandler
{
    private const string RetryAfterSeconds = "5";

    private const string NotStored = "It was not stored. Repeat the request in a while.";

    private const string NotKnown =
        "Nothing is known to be stored. Repeat the request in a while, with the same Idempotency-Key.";

    public async ValueTask<bool> TryHandleAsync(
        HttpContext context,
        Exception exception,
        CancellationToken cancellation
    )
    {
        if (exception is LogUnavailableException && context.RequestAborted.IsCancellationRequested)
        {
            // The caller has left, and hears nothing any more.
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }

        await (
            exception switch
            {
                ValidationException invalid => Problems.Write(
                    context,
                    Problems.Invalid,
                    "Some fields break a rule; nothing was stored.",
                    Errors(invalid)
                ),
                AccessDeniedException denied => Problems.Write(context, Problems.Denied, denied.Message),
                RuleBrokenException broken => Problems.Write(context, broken.Code, broken.Message),
                NotFoundException missing => Problems.Write(context, $"{missing.What}.not_found", missing.Message),
                StaleVersionException stale => Problems.Write(context, Problems.Stale, stale.Message),
                VersionRequiredException required => Problems.Write(
                    context,
                    Problems.VersionRequired,
                    required.Message
                ),
                IdempotencyKeyReusedException reused => Problems.Write(context, Problems.KeyReused, reused.Message),
                SignInThrottledException throttled => LaterProblem(
                    context,
                    Problems.SignInTooOften,
                    throttled.Message,
                    throttled.RetryAfter
                ),
                PasswordsBusyException busy => LaterProblem(
                    context,
                    Problems.PasswordsBusy,
                    busy.Message,
                    TimeSpan.FromSeconds(5)
                ),
                MalformedRequestException malformed => Malformed(context, malformed.Field, malformed.Message),
                BadHttpRequestException bad => Unreadable(context, bad),
                TemplateBrokenException broken => BadTemplate(context, broken),
                MailNotSentException unsent => NotSent(context, unsent),
                MjmlBusyException busy => BusyWithMjml(context, busy),
                MjmlUnavailableException mjml => NoMjml(context, mjml),
                _ when DatabaseOutage.Is(exception) => Unavailable(context, exception),
                _ => Failed(context, exception),
            }
        );
        return true;
    }

    private static Task NotSent(HttpContext context, MailNotSentException unsent) =>
        unsent.IsForGood
            ? Problems.Write(context, Problems.MailRefused, unsent.Message)
            : LaterProblem(context, Problems.MailNotSent, unsent.Message, TimeSpan.FromSeconds(10));

    private static Task LaterProblem(HttpContext context, string code, string detail, TimeSpan retryAfter)
    {
        var seconds = Math.Max(1, Math.Ceiling(retryAfter.TotalSeconds));
        context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return Problems.Write(context, code, detail);
    }

    private Task NoMjml(HttpContext context, MjmlUnavailableException mjml)
    {
        logger.LogWarning("MJML could not be compiled: {Error}", mjml.Message);
        return Problems.Write(
            context,
            Problems.MjmlUnavailable,
            mjml.Message,
            new Dictionary<string, string[]>(StringComparer.Ordinal) { ["mjmlContent"] = [mjml.Message] }
        );
    }

    private static Task BusyWithMjml(HttpContext context, MjmlBusyException busy) =>
        LaterProblem(
            context,
            busy.IsOfCaller ? Problems.MjmlTooMany : Problems.MjmlBusy,
            busy.Message,
            busy.RetryAfter
        );

    private static Task BadTemplate(HttpContext context, TemplateBrokenException broken)
    {
        var code = broken is TemplateTooCostlyException ? TemplateTooCostlyException.Code : Problems.Invalid;
        var field = broken.Field switch
        {
            nameof(RenderedMail.Subject) => "subject",
            nameof(SaveTemplate.MjmlContent) => "mjmlContent",
            _ => "htmlContent",
        };
        return Problems.Write(
            context,
            code,
            broken.Message,
            new Dictionary<string, string[]>(StringComparer.Ordinal) { [field] = [broken.Message] }
        );
    }

    private static Dictionary<string, string[]> Errors(ValidationException invalid) =>
        invalid
            .Errors.GroupBy(error => InCamelCase(error.PropertyName), StringComparer.Ordinal)
            .ToDictionary(
                field => field.Key,
                field => field.Select(error => error.ErrorMessage).Distinct().ToArray(),
                StringComparer.Ordinal
            );

    private static string InCamelCase(string path) =>
        string.Join('.', path.Split('.').Select(JsonNamingPolicy.CamelCase.ConvertName));

    private static Task Malformed(HttpContext context, string field, string rule) =>
        Problems.Write(
            context,
            Problems.Malformed,
            $"{field}: {rule}",
            new Dictionary<string, string[]>(StringComparer.Ordinal) { [field] = [rule] }
        );

    private static Task Unreadable(HttpContext context, BadHttpRequestException bad)
    {
        if (bad.StatusCode == StatusCodes.Status413PayloadTooLarge)
            return Problems.Write(context, Problems.TooLarge, "The body is larger than this address takes.");

        if (bad.StatusCode == StatusCodes.Status415UnsupportedMediaType)
            return Problems.Write(context, Problems.NotJson, "Send the body as application/json in UTF-8.");

        if (bad.InnerException is JsonException json)
            return StrictJson.Explain(json) is var (field, rule) && field is not null
                ? Malformed(context, field, rule)
                : Problems.Write(context, Problems.Malformed, StrictJson.Explain(json).Rule);

        // The framework's message quotes the value, which may be anything; the parameter's name is ours.
        var parameter = ParameterName().Match(bad.Message).Groups["name"].Value;
        return parameter switch
        {
            "" => Problems.Write(context, Problems.Malformed, "The request has a part that cannot be read."),
            "body" => Problems.Write(context, Problems.Malformed, "A JSON object is needed as body."),
            _ => Malformed(context, parameter, "It is missing or not of the right type."),
        };
    }

    private Task Unavailable(HttpContext context, Exception exception)
    {
        var traceId = TraceId(context);
        logger.LogError(
            "The database could not be reached by {Route} ({TraceId}): {Error}",
            Route(context),
            traceId,
            Describe(exception)
        );
        context.Response.Headers.RetryAfter = RetryAfterSeconds;
        return Problems.Write(
            context,
            Problems.Unavailable,
            exception is LogUnavailableException { IsOutcomeKnown: true } ? NotStored : NotKnown,
            traceId: traceId
        );
    }

    private Task Failed(HttpContext context, Exception exception)
    {
        var traceId = TraceId(context);
        logger.LogError("{Route} failed ({TraceId}): {Error}", Route(context), traceId, Describe(exception));
        return Problems.Write(
            context,
            Problems.Failed,
            "This is our mistake. Please report the trace id.",
            traceId: traceId
        );
    }

    private static string TraceId(HttpContext context) => Activity.Current?.Id ?? context.TraceIdentifier;

    // The pattern, not the path: what a client put into a URL is no business of a log.
    private static string Route(HttpContext context)
    {
        // The middleware around this has taken the endpoint off the request.
        var route = context.Features.Get<IExceptionHandlerFeature>()?.Endpoint as RouteEndpoint;
        return $"{context.Request.Method} {route?.RoutePattern.RawText ?? "(no route)"}";
    }

    /// <summary>Types, codes and stack traces; not the messages of the database, which quote values.</summary>
    private static string Describe(Exception exception)
    {
        var message = exception is PostgresException refused
            ? $"SQLSTATE {refused.SqlState} {refused.ConstraintName}"
            : exception.Message;
        var inner = exception.InnerException is { } cause ? $"\n--- caused by {Describe(cause)}" : "";
        return $"{exception.GetType().FullName}: {message}\n{exception.StackTrace}{inner}";
    }

    [GeneratedRegex(
        """parameter "(\S+ )?(?<name>\w+)" """,
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1_000
    )]
    private static partial Regex ParameterName();
}
