using System.Collections.Frozen;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.WebUtilities;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Api.Http;

/// <summary>What went wrong with a request (RFC 9457).</summary>
/// <param name="Type">Where the code is explained.</param>
/// <param name="Code">Stable: what programs decide by.</param>
/// <param name="Errors">By field, as the client named it: the rules that were broken.</param>
/// <param name="TraceId">Of a failure of ours: what to look for in the logs.</param>
internal sealed record Problem(
    string Type,
    string Title,
    int Status,
    string Detail,
    string Code,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        IReadOnlyDictionary<string, string[]>? Errors = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? TraceId = null
);

/// <summary>Every problem this service answers with, and the one place that writes them.</summary>
internal static class Problems
{
    public const string ContentType = "application/problem+json";

    public const string Malformed = "request.malformed";
    public const string Invalid = "request.invalid";
    public const string TooLarge = "request.too_large";
    public const string NotJson = "request.not_json";
    public const string MailRefused = "mail.refused";
    public const string MailNotSent = "mail.not_sent";
    public const string Denied = "access.denied";
    public const string Unauthenticated = "authentication.required";
    public const string CsrfMissing = "csrf.missing";
    public const string NoOrganization = "organization.none";
    public const string PlanLacksApi = "plan.api_access";
    public const string Stale = "version.stale";
    public const string VersionRequired = "version.required";
    public const string KeyReused = "idempotency_key.reused";
    public const string RateExceeded = "rate.exceeded";
    public const string SignInTooOften = "sign_in.too_often";
    public const string PasswordsBusy = "passwords.busy";
    public const string Unavailable = "service.unavailable";
    public const string MjmlUnavailable = "mjml.unavailable";

    /// <summary>MJML is being compiled for others; the organization's places in the queue may be free.</summary>
    public const string MjmlBusy = "mjml.busy";

    /// <summary>The organization has too many templates waiting to be compiled.</summary>
    public const string MjmlTooMany = "mjml.too_many";
    public const string Failed = "service.failed";

    private static readonly FrozenDictionary<string, (int Status, string Title)> Catalogue = new Dictionary<
        string,
        (int, string)
    >(StringComparer.Ordinal)
    {
        [Malformed] = (400, "The request cannot be read."),
        [Unauthenticated] = (401, "An API key or a session is needed."),
        ["credentials.wrong"] = (401, "Address and password do not go together."),
        ["session.ended"] = (401, "The session is over."),
        ["refresh_token.wrong"] = (401, "The refresh token opens nothing."),
        ["refresh_token.reused"] = (401, "The refresh token was used before."),
        ["google.refused"] = (403, "Google did not confirm the sign-in."),
        ["google.email_not_verified"] = (403, "Google has not verified the address."),
        ["google.account_closed"] = (403, "The account is closed."),
        ["password.wrong"] = (403, "This is not the account's password."),
        ["api_key.beyond_own"] = (403, "A key may do no more than who makes it."),
        [CsrfMissing] = (403, "The request does not show where it comes from."),
        [NoOrganization] = (403, "No organization is chosen."),
        [PlanLacksApi] = (403, "The organization's plan has no API."),
        ["test_mail.stranger"] = (403, "A test mail goes to people you know only."),
        ["record.of_operator"] = (403, "Only the operator writes these records."),
        ["webhook.signature_wrong"] = (403, "It is not signed by its sender."),
        ["webhook.too_old"] = (403, "It was signed too long ago."),
        ["access.refused"] = (403, "This is not allowed."),
        [Denied] = (403, "The caller may not do this."),
        ["google.off"] = (404, "Signing in with Google is not set up here."),
        ["organization.not_found"] = (404, "There is no such organization."),
        ["session.not_found"] = (404, "There is no such session."),
        ["token.unknown"] = (404, "The link is not known."),
        ["invitation.other_address"] = (403, "The invitation went to another address."),
        ["organization.not_owner"] = (403, "Only the owner does this."),
        ["role.beyond_own"] = (403, "The role permits what you may not do yourself."),
        ["route.not_found"] = (404, "There is nothing at this address."),
        ["contact.not_found"] = (404, "There is no such contact."),
        ["import.not_found"] = (404, "There is no such import."),
        ["wording.not_found"] = (404, "There is no such wording."),
        ["record.not_found"] = (404, "There is no such record."),
        ["job.not_found"] = (404, "There is no such job."),
        ["recurring_job.not_found"] = (404, "There is no such recurring job."),
        ["template.not_found"] = (404, "There is no such template."),
        ["opt_in.unknown"] = (404, "The confirmation link is not known."),
        ["domain.not_found"] = (404, "There is no such domain."),
        ["audit_entry.not_found"] = (404, "There is no such entry of the audit."),
        ["privacy_request.not_found"] = (404, "There is no such request."),
        ["privacy_archive.not_found"] = (404, "There is no archive, or none any more."),
        ["campaign.not_found"] = (404, "There is no such campaign."),
        ["method.not_allowed"] = (405, "This address does not take this method."),
        ["account.owns_organization"] = (409, "The account owns an organization."),
        ["google.other_account"] = (409, "The account is linked to another one at Google."),
        ["google.state"] = (409, "The sign-in was not begun in this browser."),
        ["password.none"] = (409, "The account has no password."),
        ["campaign.begun"] = (409, "Sending has begun already."),
        ["campaign.no_recipients"] = (409, "Nobody it would go to has a consent in force."),
        ["campaign.no_sender"] = (409, "The sender is not described, or its domain not verified."),
        ["campaign.not_a_draft"] = (409, "The campaign is no draft."),
        ["campaign.not_paused"] = (409, "The campaign is not paused."),
        ["campaign.not_sending"] = (409, "The campaign is not being sent."),
        ["campaign.sent"] = (409, "The campaign was sent to everybody already."),
        ["campaign.template_deleted"] = (409, "The campaign's template was deleted."),
        ["campaign.template_is_draft"] = (409, "The campaign's template is a draft."),
        ["contact.exists"] = (409, "The address is on the list already."),
        ["contact.restricted"] = (409, "The person's data is kept and not used."),
        ["contact.suppressed"] = (409, "The address must not be written to."),
        ["contact.withdrawn"] = (409, "The person withdrew."),
        ["import.elsewhere"] = (409, "The file is coming in elsewhere at the same time."),
        ["import.undone"] = (409, "The import was undone."),
        ["invitation.unknown"] = (404, "There is no such invitation."),
        ["invitation.accepted"] = (409, "The invitation was accepted already."),
        ["invitation.mailed_often"] = (409, "It was mailed often enough."),
        ["invitation.not_pending"] = (409, "The invitation was answered or taken back."),
        ["invitation.too_many"] = (409, "Too many invitations wait for an answer."),
        ["member.exists"] = (409, "The person is a member already."),
        ["member.changed"] = (409, "The member's role was changed in the meantime."),
        ["member.is_owner"] = (409, "Nobody acts on the owner of the organization."),
        ["member.suspended"] = (409, "The membership is suspended."),
        ["member.owner_role"] = (409, "The role is not given this way."),
        ["organization.closed"] = (409, "The organization was closed."),
        ["organization.exists"] = (409, "There is an organization of this slug."),
        ["organization.too_many"] = (409, "You own as many organizations as one may."),
        ["organization.seats_taken"] = (409, "All seats of the plan are taken."),
        ["organization.too_many_members"] = (409, "The plan has too few seats for the members."),
        ["quota.exceeded"] = (409, "The organization's quota is used up."),
        ["privacy_request.ended"] = (409, "The request has ended."),
        ["privacy_request.exists"] = (409, "There is such a request already."),
        ["privacy_request.extended"] = (409, "Its time was extended before."),
        ["privacy_request.overdue"] = (409, "The time in which it can be extended is over."),
        ["record.exists"] = (409, "There is such a record already."),
        ["record.in_use"] = (409, "Something that stays refers to the record."),
        ["record.too_many_dependents"] = (409, "Too many records would go with it."),
        ["job.state"] = (409, "The job is in another state."),
        ["role.held"] = (409, "Somebody holds the role."),
        ["sender.domain_not_verified"] = (409, "The sender's domain is not verified."),
        ["sender.key_not_published"] = (409, "The domain's key is not in its DNS."),
        ["sender.too_many_domains"] = (409, "There are too many domains."),
        ["token.expired"] = (410, "The link has expired."),
        ["token.used"] = (410, "The link was used already."),
        ["invitation.expired"] = (410, "The invitation has expired."),
        ["invitation.revoked"] = (410, "The invitation was taken back."),
        ["opt_in.expired"] = (410, "The confirmation link has expired."),
        [Stale] = (412, "Somebody else changed it meanwhile."),
        [TooLarge] = (413, "The request's body is too large."),
        [NotJson] = (415, "The request's body is not JSON."),
        [Invalid] = (422, "The request breaks a rule."),
        [KeyReused] = (422, "The idempotency key was used for another request."),
        ["campaign.schedule_in_the_past"] = (422, "The time to begin at has passed."),
        [MailRefused] = (422, "The mail server refuses the mail."),
        ["replay.before_first_event"] = (422, "Nothing is known of that instant."),
        ["statistics.too_large"] = (422, "The answer would be too large."),
        [TemplateTooCostlyException.Code] = (422, "The template costs more than one may."),
        ["wording.unknown"] = (422, "The wording was not published."),
        [VersionRequired] = (428, "The version to be changed must be named."),
        [SignInTooOften] = (429, "Too many sign-ins failed."),
        [MjmlTooMany] = (429, "Too many templates of the organization wait to be compiled."),
        [RateExceeded] = (429, "These are too many requests."),
        [Failed] = (500, "The service failed."),
        [PasswordsBusy] = (503, "Too many people are signing in at this moment."),
        ["google.unavailable"] = (503, "Google does not answer as it should."),
        ["sender.dns_unreachable"] = (503, "The DNS does not answer."),
        [Unavailable] = (503, "The service cannot answer now."),
        [MailNotSent] = (503, "The mail could not be handed over now."),
        [MjmlBusy] = (503, "Too many templates wait to be compiled at this moment."),
        [MjmlUnavailable] = (503, "MJML cannot be compiled here now."),
        ["service.timeout"] = (504, "The request took too long."),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Answers with a problem.</summary>
    public static Task Write(
        HttpContext context,
        string code,
        string detail,
        IReadOnlyDictionary<string, string[]>? errors = null,
        string? traceId = null
    )
    {
        var (status, title) = Describe(code);
        return Write(context, new Problem($"/problems/{code}", title, status, detail, code, errors, traceId));
    }

    /// <summary>Answers with the problem of a status that the framework set without a body.</summary>
    public static Task WriteStatus(HttpContext context)
    {
        var status = context.Response.StatusCode;
        var code = status switch
        {
            StatusCodes.Status403Forbidden => "access.refused",
            StatusCodes.Status404NotFound => "route.not_found",
            StatusCodes.Status405MethodNotAllowed => "method.not_allowed",
            StatusCodes.Status413PayloadTooLarge => TooLarge,
            StatusCodes.Status415UnsupportedMediaType => NotJson,
            StatusCodes.Status504GatewayTimeout => "service.timeout",
            _ => $"http.{status}",
        };
        var title = Catalogue.TryGetValue(code, out var known) ? known.Title : ReasonPhrases.GetReasonPhrase(status);
        return Write(context, new Problem($"/problems/{code}", title, status, title, code));
    }

    /// <summary>Explains every code at the address that problems point to.</summary>
    public static void MapProblems(this IEndpointRouteBuilder routes) =>
        routes
            .MapGet(
                "/problems/{code}",
                (string code) =>
                    Catalogue.TryGetValue(code, out var problem)
                        ? Results.Ok(new ExplainedProblem(code, problem.Status, problem.Title))
                        : Results.NotFound()
            )
            .AllowAnonymous()
            .WithTags("Problems")
            .WithSummary("Explain a problem")
            .Produces<ExplainedProblem>();

    private static async Task Write(HttpContext context, Problem problem)
    {
        context.Response.StatusCode = problem.Status;
        await context.Response.WriteAsJsonAsync(problem, StrictJson.Options, ContentType, context.RequestAborted);
    }

    private static (int Status, string Title) Describe(string code)
    {
        if (Catalogue.TryGetValue(code, out var known))
            return known;

        return code.EndsWith(".not_found", StringComparison.Ordinal)
            ? (StatusCodes.Status404NotFound, "It does not exist.")
            : (StatusCodes.Status409Conflict, "A rule forbids it.");
    }
}

/// <summary>What a problem's code means.</summary>
internal sealed record ExplainedProblem(string Code, int Status, string Title);
