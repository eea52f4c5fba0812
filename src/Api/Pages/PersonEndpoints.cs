using FluentValidation;
using MediatR;
using SchemaHub.Application;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Api.Pages;

/// <summary>The pages behind the links in a person's mail: confirm, unsubscribe, choose.</summary>
internal static class PersonEndpoints
{
    public static void MapPerson(this IEndpointRouteBuilder pages)
    {
        pages.MapMethods("/confirm/{token}", PageEndpoints.GetOrHead, ShowConfirmation);
        pages.MapPost("/confirm/{token}", Confirm);
        pages.MapMethods("/unsubscribe/{token}", PageEndpoints.GetOrHead, ShowUnsubscribe);
        // No rate limit on these two: a withdrawal always works.
        pages.MapPost("/unsubscribe/{token}", Unsubscribe);
        pages.MapPost("/preferences/{token}", ChangePreferences);
        pages.MapMethods("/preferences/{token}", PageEndpoints.GetOrHead, ShowPreferences);
    }

    private static async Task<IResult> ShowConfirmation(
        string token,
        IMediator mediator,
        CancellationToken cancellation
    )
    {
        try
        {
            var asked = await mediator.Send(new GetRequestedOptIn(token), cancellation);
            return asked switch
            {
                null => Messages.LinkUnknown(),
                { IsConfirmed: true } => Confirmed(ListTexts.For(asked.Language)),
                _ => new Page<ConfirmPage>(new() { [nameof(ConfirmPage.Asked)] = asked }),
            };
        }
        catch (NotFoundException)
        {
            return Messages.LinkUnknown();
        }
    }

    private static async Task<IResult> Confirm(string token, IMediator mediator, CancellationToken cancellation)
    {
        try
        {
            var confirmed = await mediator.Send(new ConfirmOptIn(token), cancellation);
            var texts = await Texts(confirmed.UnsubscribeToken, mediator, cancellation);
            return Confirmed(texts, confirmed.UnsubscribeToken);
        }
        catch (Exception unknown) when (unknown is NotFoundException or RuleBrokenException)
        {
            return Messages.LinkUnknown();
        }
    }

    private static IResult Confirmed(ListTexts texts, string? preferencesOf = null) =>
        Messages.Of(texts.ConfirmedTitle, texts.Confirmed, language: texts.Language, preferencesOf: preferencesOf);

    private static async Task<IResult> ShowUnsubscribe(
        string token,
        IMediator mediator,
        CancellationToken cancellation,
        string? purpose = null
    )
    {
        if (await mediator.Send(new GetPreferences(token), cancellation) is not { } preferences)
            return Messages.NothingChanged();

        var named = Named(purpose);
        return new Page<UnsubscribePage>(
            new()
            {
                [nameof(UnsubscribePage.Token)] = token,
                [nameof(UnsubscribePage.Texts)] = ListTexts.For(LanguageOf(preferences)),
                [nameof(UnsubscribePage.Purpose)] = preferences.Any(one => one.Purpose == named) ? named : null,
            }
        );
    }

    /// <summary>The page's button and a mail program's one-click post: the answer is the same, and at once.</summary>
    private static async Task<IResult> Unsubscribe(
        string token,
        HttpRequest request,
        IMediator mediator,
        CancellationToken cancellation,
        string? purpose = null
    )
    {
        var fields = await request.ReadFields();
        var oneClick = fields["List-Unsubscribe"] == "One-Click";
        var done = await mediator.Send(new UnsubscribeByToken(token, Named(purpose), oneClick), cancellation);
        if (done is null)
            return Messages.NothingChanged();

        var texts = await Texts(token, mediator, cancellation);
        var text = done.Purpose is null ? texts.Unsubscribed : texts.UnsubscribedOf(done.Purpose);
        if (done.StillOn.Count > 0)
            text += $" {texts.StillOnOf(done.StillOn)}";

        return Messages.Of(texts.UnsubscribedTitle, text, language: texts.Language, preferencesOf: token);
    }

    // As mail programs send it back; what is no purpose any more is everything.
    private static string? Named(string? purpose)
    {
        var named = purpose is null ? "" : MailedToken.Clean(purpose).ToLowerInvariant();
        return named.Length is > 0 and <= 50 && char.IsAsciiLetterLower(named[0]) ? named : null;
    }

    private static async Task<IResult> ShowPreferences(
        string token,
        IMediator mediator,
        CancellationToken cancellation
    ) => await Preferences(token, notice: null, mediator, cancellation);

    private static async Task<IResult> ChangePreferences(
        string token,
        HttpRequest request,
        IMediator mediator,
        CancellationToken cancellation
    )
    {
        var fields = await request.ReadFields();
        var withdrawn = fields["withdraw"].ToString();
        var asked = fields["ask"].ToString();
        Func<ListTexts, string>? notice = null;
        var status = StatusCodes.Status200OK;
        try
        {
            if (withdrawn != "")
            {
                var purpose = withdrawn == "*" ? null : withdrawn;
                if (
                    await mediator.Send(new UnsubscribeByToken(token, purpose, Source: Sources.Form), cancellation)
                    is null
                )
                    return Messages.NothingChanged();

                notice = texts => texts.WithdrawnNotice;
            }
            else if (asked != "")
            {
                await mediator.Send(new AskByToken(token, asked), cancellation);
                notice = texts => texts.CheckMailbox;
            }
        }
        catch (ValidationException)
        {
            // Not what our buttons post: nothing was done, and the page says what stands.
            status = StatusCodes.Status400BadRequest;
        }

        return await Preferences(token, notice, mediator, cancellation, status);
    }

    private static async Task<IResult> Preferences(
        string token,
        Func<ListTexts, string>? notice,
        IMediator mediator,
        CancellationToken cancellation,
        int status = StatusCodes.Status200OK
    ) =>
        await mediator.Send(new GetPreferences(token), cancellation) is { } preferences
            ? new Page<PreferencesPage>(
                new()
                {
                    [nameof(PreferencesPage.Preferences)] = preferences,
                    [nameof(PreferencesPage.Notice)] = notice?.Invoke(ListTexts.For(LanguageOf(preferences))),
                },
                status
            )
            : Messages.NothingChanged();

    /// <summary>The language of what the person agreed to: that of the form they came by.</summary>
    public static string LanguageOf(IReadOnlyList<Preference> preferences) =>
        preferences
            .OrderByDescending(preference => preference.IsOn)
            .Select(preference => preference.Wording.Language)
            .FirstOrDefault("en");

    private static async Task<ListTexts> Texts(string? token, IMediator mediator, CancellationToken cancellation) =>
        ListTexts.For(
            token is not null && await mediator.Send(new GetPreferences(token), cancellation) is { } preferences
                ? LanguageOf(preferences)
                : "en"
        );
}
