using FluentValidation;
using SchemaHub.Application;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Api.Pages;

/// <summary>What somebody typed into a sign-up form, to be shown again where something is wrong with it.</summary>
public sealed record SignUpEntry(string Email, string Name, bool Tracking)
{
    public static SignUpEntry Empty { get; } = new("", "", Tracking: false);
}

/// <summary>The hosted form, what it is posted to, and the snippet for other sites.</summary>
internal static partial class SignUpEndpoints
{
    public static void MapSignUp(this IEndpointRouteBuilder pages)
    {
        const string path = "/lists/{organizationId:guid}/{formId:guid}";
        pages.MapMethods(path, PageEndpoints.GetOrHead, Show);
        pages.MapMethods($"{path}/snippet", PageEndpoints.GetOrHead, Snippet);
        pages.MapPost(path, SignUp).RequireRateLimiting(PageEndpoints.RateLimit);
    }

    // A visitor of a published form does what its organization published it for, and nothing else.
    private static RunScope Visit(HttpContext http, Guid organization)
    {
        var visitor = http.RequestServices.GetRequiredService<CommandContext>();
        return http
            .RequestServices.GetRequiredService<RunAs>()
            .Caller(visitor.In(organization.ToString(), "contacts:read", "contacts:write"));
    }

    private static async Task<IResult> Show(
        Guid organizationId,
        Guid formId,
        HttpContext http,
        CancellationToken cancellation
    )
    {
        await using var visit = Visit(http, organizationId);
        var form = await Find(visit, formId, cancellation);
        return form is null ? Messages.NotFound() : Page(form, SignUpEntry.Empty);
    }

    private static async Task<IResult> Snippet(
        Guid organizationId,
        Guid formId,
        HttpContext http,
        IPublicLinks links,
        CancellationToken cancellation
    )
    {
        await using var visit = Visit(http, organizationId);
        var form = await Find(visit, formId, cancellation);
        if (form is null)
            return Messages.NotFound();

        // As text: it is to be copied, not to be a page.
        return new Page<SignUpSnippet>(
            new()
            {
                [nameof(SignUpSnippet.Form)] = form,
                [nameof(SignUpSnippet.Action)] = links.SignUp(organizationId, formId).AbsoluteUri,
            },
            contentType: "text/plain; charset=utf-8"
        );
    }

    private static async Task<IResult> SignUp(
        Guid organizationId,
        Guid formId,
        HttpContext http,
        ILoggerFactory logging,
        CancellationToken cancellation
    )
    {
        await using var visit = Visit(http, organizationId);
        var form = await Find(visit, formId, cancellation);
        if (form is null)
            return Messages.NotFound();

        var fields = await http.Request.ReadFields();
        var tracking = fields["tracking"].ToString();
        var entered = new SignUpEntry(
            fields["email"].ToString().Trim(),
            fields["name"].ToString().Trim(),
            tracking != ""
        );
        // People do not see this field; what fills it in is told the same as everybody.
        if (fields["website"].ToString() != "")
            return CheckMailbox(form);

        // What was agreed to is what was shown: a form of an older text, here or embedded, is shown anew.
        var shown = fields["wording"] == form.Wording.Sha256 && (tracking == "" || tracking == form.Tracking?.Sha256);
        if (!shown)
            return Page(
                form,
                entered with
                {
                    Tracking = false,
                },
                StatusCodes.Status409Conflict,
                notice: ListTexts.For(form.Language).WordsChanged
            );

        try
        {
            await visit.Send(Request(form, entered), cancellation);
        }
        catch (ValidationException invalid)
        {
            return Page(form, entered, StatusCodes.Status400BadRequest, problems: invalid);
        }
        catch (MailNotSentException refused) when (refused.IsForGood)
        {
            LogRefused(logging.CreateLogger(typeof(SignUpEndpoints)), refused);
            var problem = new ValidationException([
                new(nameof(RequestOptIn.Email), ListTexts.For(form.Language).AddressRefused),
            ]);
            return Page(form, entered, StatusCodes.Status400BadRequest, problems: problem);
        }

        return CheckMailbox(form);
    }

    private static RequestOptIn Request(SignUpFormText form, SignUpEntry entered)
    {
        var consents = new List<ConsentInput>
        {
            new(form.Purpose, Wording: form.Wording.Sha256, Language: form.Wording.Language),
        };
        if (entered.Tracking && form.Tracking is { } tracking)
            consents.Add(new(Purposes.Tracking, Wording: tracking.Sha256, Language: tracking.Language));

        return new(entered.Email, entered.Name == "" ? null : entered.Name, consents, Sources.Form, form.FormId);
    }

    private static async Task<SignUpFormText?> Find(RunScope visit, Guid formId, CancellationToken cancellation)
    {
        try
        {
            return await visit.Send(new GetSignUpForm(formId), cancellation);
        }
        catch (NotFoundException)
        {
            // The id is that of something else.
            return null;
        }
    }

    private static IResult CheckMailbox(SignUpFormText form)
    {
        var texts = ListTexts.For(form.Language);
        return Messages.Of(texts.CheckMailboxTitle, texts.CheckMailbox, language: form.Language);
    }

    private static Page<SignUpPage> Page(
        SignUpFormText form,
        SignUpEntry entered,
        int status = StatusCodes.Status200OK,
        string? notice = null,
        ValidationException? problems = null
    ) =>
        new(
            new()
            {
                [nameof(SignUpPage.Form)] = form,
                [nameof(SignUpPage.Entered)] = entered,
                [nameof(SignUpPage.Notice)] = notice,
                [nameof(SignUpPage.EmailProblem)] = Problem(form, problems, nameof(RequestOptIn.Email)),
                [nameof(SignUpPage.NameProblem)] = Problem(form, problems, nameof(RequestOptIn.Name)),
            },
            status
        );

    // What exactly is wrong is told in English only.
    private static string? Problem(SignUpFormText form, ValidationException? problems, string field)
    {
        var problem = problems?.Errors.FirstOrDefault(error => error.PropertyName == field)?.ErrorMessage;
        var texts = ListTexts.For(form.Language);
        if (problem is null || texts.Language == "en" || problem == texts.AddressRefused)
            return problem;

        return field == nameof(RequestOptIn.Email) ? texts.AddressInvalid : texts.NameInvalid;
    }

    [LoggerMessage(LogLevel.Warning, "A confirmation mail was refused for good.")]
    private static partial void LogRefused(ILogger logger, Exception why);
}
