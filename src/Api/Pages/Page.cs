using System.Text;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Api.Pages;

/// <summary>
/// A component rendered on the server: the renderer encodes every value. Not RazorComponentResult, whose services
/// bring antiforgery cookies and a key ring that these pages have no use for.
/// </summary>
internal sealed class Page<TComponent>(
    Dictionary<string, object?> parameters,
    int status = StatusCodes.Status200OK,
    string contentType = "text/html; charset=utf-8"
) : IResult
    where TComponent : IComponent
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var logging = httpContext.RequestServices.GetRequiredService<ILoggerFactory>();
        await using var renderer = new HtmlRenderer(httpContext.RequestServices, logging);
        var html = await renderer.Dispatcher.InvokeAsync(async () =>
            (await renderer.RenderComponentAsync<TComponent>(ParameterView.FromDictionary(parameters))).ToHtmlString()
        );
        var bytes = Encoding.UTF8.GetBytes(html);
        httpContext.Response.StatusCode = status;
        httpContext.Response.ContentType = contentType;
        httpContext.Response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(httpContext.Request.Method))
            await httpContext.Response.Body.WriteAsync(bytes, httpContext.RequestAborted);
    }
}

/// <summary>Pages that only say something.</summary>
internal static class Messages
{
    public static IResult Of(
        string title,
        string text,
        int status = StatusCodes.Status200OK,
        string language = "en",
        string? preferencesOf = null
    ) =>
        new Page<MessagePage>(
            new()
            {
                [nameof(MessagePage.Title)] = title,
                [nameof(MessagePage.Text)] = text,
                [nameof(MessagePage.Language)] = language,
                [nameof(MessagePage.PreferencesOf)] = preferencesOf,
            },
            status
        );

    public static IResult NotFound() => Of(PageTexts.NotFoundTitle, PageTexts.NotFound, StatusCodes.Status404NotFound);

    public static IResult LinkUnknown()
    {
        // Of an unknown link no language is known.
        var texts = ListTexts.For("en");
        return Of(texts.LinkUnknownTitle, texts.LinkUnknown, StatusCodes.Status404NotFound);
    }

    /// <summary>The link under a mail belongs to nobody: never a success that is none.</summary>
    public static IResult NothingChanged()
    {
        var texts = ListTexts.For("en");
        return Of(texts.LinkUnknownTitle, texts.NothingChanged, StatusCodes.Status404NotFound);
    }
}
